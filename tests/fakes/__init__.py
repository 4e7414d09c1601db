"""Stand-ins for what a test cannot have for real, each with a test against the real thing."""
