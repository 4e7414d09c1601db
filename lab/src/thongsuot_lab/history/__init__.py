"""History: a month that never was, made up for a demonstration and marked as such."""
