"""Channels: a module or folder each; its name is the ``kind`` in the configuration."""
