"""Our small panel vocabulary; the only place that imports grafanalib."""
