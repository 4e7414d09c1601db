"""``thongsuot-agent replay``: judges a recording again and prints the events."""

import sys
from pathlib import Path

from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.cli.refusals import cause_of, refuse
from thongsuot_agent.judge.recording import RecordingError
from thongsuot_agent.judge.replay import replay
from thongsuot_runtime.terminal import localized_sentence
from thongsuot_schema.words.language import Text


def print_replay(path: str) -> int:
    """Tell the story of a recording; returns the exit code."""
    try:
        with Path(path).open("rb") as recording:
            for line in replay(recording):
                sys.stdout.write(f"{localized_sentence(line)}\n")
    except (OSError, RecordingError) as error:
        return refuse(Text("agent.cli.error.cannot_read", what=path, why=cause_of(error)), WRONG)
    return 0
