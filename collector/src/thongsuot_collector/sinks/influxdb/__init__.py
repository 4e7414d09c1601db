"""InfluxDB line protocol by the v2 write API: InfluxDB 1.8, 2 and Cloud, VictoriaMetrics."""
