"""The collector's one configuration file: its types, and reading it."""
