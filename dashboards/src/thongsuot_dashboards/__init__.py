"""Grafana dashboards and Prometheus rules, generated from the catalogue."""
