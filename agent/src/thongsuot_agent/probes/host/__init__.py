"""The ``host`` kind."""
