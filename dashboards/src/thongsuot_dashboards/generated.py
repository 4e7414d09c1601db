"""Everything that is generated: boards in both languages, rules, provisioning."""

from pathlib import Path

from thongsuot_dashboards import provisioning, rules
from thongsuot_dashboards.board_loader import load_boards
from thongsuot_dashboards.text import Language


def generated_files() -> dict[str, str]:
    """Return the text of every generated file by its path below the output folder."""
    boards = {
        f"{language}/{name}.json": board.to_json(language)
        for name, board in load_boards().items()
        for language in Language
    }
    return boards | rules.rule_files() | provisioning.FILES


def write_files(folder: Path) -> list[Path]:
    """Write all of them below a folder; return their paths."""
    paths = []
    for name, text in generated_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths
