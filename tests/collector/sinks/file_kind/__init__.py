"""A folder of kinds of sinks that a test adds to those of the product."""
