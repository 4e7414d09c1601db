"""
What Grafana and Prometheus are provisioned with, as files: data source, boards, scraping.

Placeholders are environment variables, which Grafana fills in itself (``${NAME}``).
"""

DATASOURCE_UID = "thongsuot"

DATASOURCE = f"""\
# Grafana: /etc/grafana/provisioning/datasources/. PROMETHEUS_URL comes from its environment.
apiVersion: 1
datasources:
  - name: Thong Suot
    uid: {DATASOURCE_UID}
    type: prometheus
    access: proxy
    url: ${{PROMETHEUS_URL}}
    isDefault: true
    jsonData:
      httpMethod: POST
      timeInterval: 15s
"""
"""``timeInterval`` is how often measurements come: what ``$__rate_interval`` is made of."""

BOARDS = """\
# Grafana: /etc/grafana/provisioning/dashboards/. THONGSUOT_BOARDS is the folder of one language
# (out/vi or out/en), read from Grafana's environment.
apiVersion: 1
providers:
  - name: thongsuot
    folder: Thông Suốt
    folderUid: thongsuot
    type: file
    disableDeletion: true
    allowUiUpdates: false
    updateIntervalSeconds: 30
    options:
      path: ${THONGSUOT_BOARDS}
"""

FILES = {
    "provisioning/datasources/thongsuot.yml": DATASOURCE,
    "provisioning/dashboards/thongsuot.yml": BOARDS,
}
"""Text by its path below the output folder."""
