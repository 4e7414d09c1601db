"""Prometheus remote write 1.0: Prometheus, Mimir, VictoriaMetrics, Thanos and others."""
