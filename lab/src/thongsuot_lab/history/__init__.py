"""History: a month that never happened, generated for a demonstration and marked as generated."""
