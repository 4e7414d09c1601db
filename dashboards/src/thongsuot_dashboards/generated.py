"""Everything that is generated: boards in both languages, rules, provisioning."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from thongsuot_dashboards import boards, rules
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.text import Language

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
"""``timeInterval`` is the interval of the measurements, on which ``$__rate_interval`` is based."""

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

PROVISIONING = {
    "provisioning/datasources/thongsuot.yml": DATASOURCE,
    "provisioning/dashboards/thongsuot.yml": BOARDS,
}
"""Grafana's provisioning files: text by its path below the output folder."""


def generated_files() -> dict[str, str]:
    """Return the text of every generated file by its path below the output folder."""
    board_files = {
        f"{language}/{name}.json": board.to_json(language)
        for name, board in load_boards().items()
        for language in Language
    }
    return board_files | rules.rule_files() | PROVISIONING


def write_files(folder: Path) -> list[Path]:
    """Write all of them below a folder; return their paths."""
    paths = []
    for name, text in generated_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def load_boards() -> dict[str, Board]:
    """
    Return every board by the name of its module.

    Raises:
        TypeError: a module has no board.
    """
    loaded: dict[str, Board] = {}
    for module in iter_modules(boards.__path__):
        board: object = import_module(f"{boards.__name__}.{module.name}").BOARD
        if not isinstance(board, Board):
            raise TypeError(f"boards/{module.name}.py holds no Board named BOARD")
        loaded[module.name] = board
    return loaded
