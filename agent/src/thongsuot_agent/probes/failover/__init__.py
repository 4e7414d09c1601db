"""The ``failover`` kind."""
