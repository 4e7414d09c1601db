"""Everything that is generated: boards in both languages, rules, provisioning."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from thongsuot_dashboards import boards, provisioning, rules
from thongsuot_dashboards.panels.board import Board
from thongsuot_dashboards.text import Language


def generated_files() -> dict[str, str]:
    """Return the text of every generated file by its path below the output folder."""
    board_files = {
        f"{language}/{name}.json": board.to_json(language)
        for name, board in load_boards().items()
        for language in Language
    }
    return board_files | rules.rule_files() | provisioning.FILES


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
        TypeError: a module holds no board.
    """
    loaded: dict[str, Board] = {}
    for module in iter_modules(boards.__path__):
        board: object = import_module(f"{boards.__name__}.{module.name}").BOARD
        if not isinstance(board, Board):
            raise TypeError(f"boards/{module.name}.py holds no Board named BOARD")
        loaded[module.name] = board
    return loaded
