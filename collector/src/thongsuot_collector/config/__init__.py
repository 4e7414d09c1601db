"""The collector's configuration file: its types, and how it is read."""
