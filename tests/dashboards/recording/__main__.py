"""
``./run record``: plays the lab, keeps what it made, and draws the boards of the documentation.

``--draw-only`` takes the recording that is there.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.dashboards.recording import recorder, recording_file
from tests.dashboards.recording.filled_prometheus import RecordedLabData, filled_prometheus
from thongsuot_dashboards.boards import load
from thongsuot_dashboards.picture.ask import Prometheus, Window
from thongsuot_dashboards.picture.draw import picture
from thongsuot_dashboards.text import Language
from thongsuot_lab.stack.session import print_progress

PICTURES = Path(__file__).parents[3] / "docs" / "reference" / "boards"
CHOSEN = {
    "link": {"commune": "00070", "site": "s1", "link": "fixed"},
    "site": {"commune": "00070", "site": "s1"},
    "radio": {"site": "s4"},
}
"""The site whose fibre is cut and the link that fades; other boards show everything."""

OWN_S = 120.0
"""How long the collector that took the recording can have spoken of itself."""


def window_of(board: str, lab_data: RecordedLabData) -> Window:
    """Return what a board shows: all of the recording; of the collector, the time it ran."""
    if board == "collector":
        return Window(start_s=lab_data.asked_s - OWN_S, end_s=lab_data.asked_s)
    # Up to when it was asked: a device is heard or silent by what the collector says now.
    return Window(start_s=lab_data.start_s, end_s=lab_data.asked_s)


def draw(folder: Path, lab_data: RecordedLabData) -> None:
    """Draw every board into a folder, in English."""
    prometheus = Prometheus(lab_data.server.url)
    for name, board in load().items():
        text = picture(
            board.to_json(Language.EN), prometheus, window_of(name, lab_data), CHOSEN.get(name, {})
        )
        (folder / f"{name}.svg").write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Record and draw; returns 0."""
    parser = argparse.ArgumentParser(prog="./run record", description=__doc__)
    parser.add_argument("--draw-only", action="store_true", help="draw what is recorded already")
    options = parser.parse_args(arguments)
    if not options.draw_only:
        recording = recorder.record()
        size = recording_file.write(recording)
        print_progress(
            f"{len(recording.batches)} batches of {recording.length_s / 60:.0f} minutes, "
            f"{size / 1e6:.2f} MB"
        )
    with (
        tempfile.TemporaryDirectory(prefix="thongsuot-boards-") as folder,
        filled_prometheus(Path(folder)) as lab_data,
    ):
        draw(PICTURES, lab_data)
    print_progress(f"pictures are in {PICTURES}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
