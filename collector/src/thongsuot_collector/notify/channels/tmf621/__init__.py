"""TMF621: trouble tickets in a carrier's own system."""
