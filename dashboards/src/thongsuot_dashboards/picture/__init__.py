"""
Pictures of boards, drawn from what a Prometheus answers, without a Grafana.

The board's own JSON is taken, its variables and queries are asked as Grafana asks them, and the
panels are drawn as SVG in a way of our own: near to Grafana's, not the same.
"""
