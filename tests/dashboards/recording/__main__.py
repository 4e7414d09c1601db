"""``./run record``: plays the lab and keeps what it made, for the tests of the boards' queries."""

import argparse
import sys
from collections.abc import Sequence

from tests.dashboards.recording import recorder, recording_file
from thongsuot_lab.stack.session import print_progress


def main(arguments: Sequence[str] | None = None) -> int:
    """Record; returns 0."""
    argparse.ArgumentParser(prog="./run record", description=__doc__).parse_args(arguments)
    recording = recorder.record()
    size_bytes = recording_file.write(recording)
    print_progress(
        f"{len(recording.batches)} batches of {recording.length_s / 60:.0f} minutes, "
        f"{size_bytes / 1e6:.2f} MB"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
