"""``thongsuot-agent replay``: judges a recording again and prints what happened."""

import sys
from pathlib import Path

from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.judge.recording import RecordingError
from thongsuot_agent.judge.replay import replay
from thongsuot_runtime.file_errors import describe


def print_replay(path: str) -> int:
    """Tell the story of a recording; returns the exit code."""
    try:
        with Path(path).open("rb") as recording:
            for line in replay(recording):
                sys.stdout.write(f"{line}\n")
    except (OSError, RecordingError) as error:
        sys.stderr.write(f"{path}: {describe(error)}\n")
        return WRONG
    return 0
