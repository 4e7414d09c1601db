"""Commissioning: what the device of each site has proven of its links, and the report of it."""
