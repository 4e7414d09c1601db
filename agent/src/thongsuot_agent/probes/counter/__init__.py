"""The ``counter`` kind."""
