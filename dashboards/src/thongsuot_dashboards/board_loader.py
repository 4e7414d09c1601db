"""Loads the boards: each module of ``boards`` holds one ``BOARD``."""

from importlib import import_module
from pkgutil import iter_modules

from thongsuot_dashboards import boards
from thongsuot_dashboards.panels.board import Board


def load_boards() -> dict[str, Board]:
    """
    Return every board by the name of its module.

    Raises:
        TypeError: a module holds no board.
    """
    loaded: dict[str, Board] = {}
    for module in iter_modules(boards.__path__):
        board: object = import_module(f"{boards.__name__}.{module.name}").BOARD
        if not isinstance(board, Board):
            raise TypeError(f"boards/{module.name}.py holds no Board named BOARD")
        loaded[module.name] = board
    return loaded
