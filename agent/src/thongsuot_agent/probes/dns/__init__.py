"""The ``dns`` kind."""
