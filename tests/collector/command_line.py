"""The collector's command line beside a running collector."""

import asyncio
import io
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout

from thongsuot_collector.cli.main import main


async def run_command(*words: object) -> tuple[int, str]:
    """
    Run a command; return its exit status and what it printed on both streams.

    It is another process than the collector's, but not an interpreter of its own, which takes a
    second of CPU to import the collector: ``backup/test_processes.py`` runs the program itself.
    """
    return await asyncio.to_thread(_run, [str(word) for word in words])


def _run(words: Sequence[str]) -> tuple[int, str]:
    output = io.StringIO()
    with redirect_stdout(output), redirect_stderr(output):
        try:
            status = main(words)
        except SystemExit as ended:
            # How argparse ends for a wrong command line.
            status = int(str(ended.code))
    return status, output.getvalue()
