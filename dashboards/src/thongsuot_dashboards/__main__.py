"""``python -m thongsuot_dashboards [FOLDER]`` writes boards, rules and provisioning files."""

import argparse
from pathlib import Path

from thongsuot_dashboards.generated import write_files

DEFAULT_FOLDER = Path(__file__).parents[2] / "out"


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(prog="python -m thongsuot_dashboards", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT_FOLDER)
    folder: Path = parser.parse_args().folder
    for path in write_files(folder):
        print(path)  # noqa: T201 # this is a command; the paths are its output


if __name__ == "__main__":
    main()
