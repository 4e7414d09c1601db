"""The ``fresh_echo`` kind."""
