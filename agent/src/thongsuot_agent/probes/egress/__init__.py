"""The ``egress`` kind."""
