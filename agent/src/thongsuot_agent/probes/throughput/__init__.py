"""The ``throughput`` kind: a worker fills the link, the metrics are computed here."""
