"""The tools that are compared, one module each, with ``KINDS``: its sets of settings."""
