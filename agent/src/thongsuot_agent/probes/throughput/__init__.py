"""The ``throughput`` kind: a worker fills the link, the figures are made here."""
