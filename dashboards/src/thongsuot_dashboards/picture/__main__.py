"""
``python -m thongsuot_dashboards.picture BOARD --prometheus URL``: a board as SVG, from real data.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from thongsuot_dashboards.boards import load
from thongsuot_dashboards.picture.ask import Prometheus, Window
from thongsuot_dashboards.picture.draw import picture
from thongsuot_dashboards.text import Language


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw one board; returns 0."""
    options = _parser().parse_args(arguments)
    end_s = options.until or time.time()
    text = picture(
        load()[options.board].to_json(Language(options.language)),
        Prometheus(options.prometheus),
        Window(start_s=end_s - options.hours * 3600, end_s=end_s),
        dict(choice.split("=", 1) for choice in options.choose),
    )
    if options.output:
        Path(options.output).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m thongsuot_dashboards.picture")
    parser.add_argument("board", choices=sorted(load()), help="which board")
    parser.add_argument("--prometheus", required=True, help="URL of the Prometheus that is asked")
    parser.add_argument("--hours", type=float, default=6, help="how much is shown (%(default)s)")
    parser.add_argument("--until", type=float, help="its end as Unix time; left out: now")
    parser.add_argument("--language", choices=[*Language], default="vi", help="(%(default)s)")
    parser.add_argument(
        "--choose", action="append", default=[], metavar="NAME=VALUE", help="value of a variable"
    )
    parser.add_argument("--output", help="file to write; left out: standard output")
    return parser


if __name__ == "__main__":
    sys.exit(main())
