"""``python -m thongsuot_dashboards [FOLDER]`` writes boards, rules and provisioning files."""

import argparse
from pathlib import Path

from thongsuot_dashboards import boards, provisioning, rules
from thongsuot_dashboards.text import Language

DEFAULT_FOLDER = Path(__file__).parents[2] / "out"


def generated_files() -> dict[str, str]:
    """Return the text of every generated file by its path below the output folder."""
    generated = {
        f"{language}/{name}.json": board.to_json(language)
        for name, board in boards.load().items()
        for language in Language
    }
    return generated | rules.rule_files() | provisioning.FILES


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(prog="python -m thongsuot_dashboards", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER)
    folder: Path = parser.parse_args().folder
    for name, text in generated_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path)  # noqa: T201  # this is a command; the paths are its answer


if __name__ == "__main__":
    main()
