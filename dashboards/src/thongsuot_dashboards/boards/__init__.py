"""One module per dashboard; each holds one ``BOARD``."""

from importlib import import_module
from pkgutil import iter_modules

from thongsuot_dashboards.panels.board import Board


def load() -> dict[str, Board]:
    """Return every board by the name of its module."""
    boards: dict[str, Board] = {}
    for module in iter_modules(__path__):
        found: object = import_module(f"{__name__}.{module.name}").BOARD
        if not isinstance(found, Board):
            message = f"boards/{module.name}.py holds no Board named BOARD"
            raise TypeError(message)
        boards[module.name] = found
    return boards
