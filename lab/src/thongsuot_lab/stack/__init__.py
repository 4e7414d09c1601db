"""The whole product on one machine: collector, agents, Prometheus, as real processes."""
