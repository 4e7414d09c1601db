"""
``kill -9`` at any moment, and power cuts: nothing lost, nothing doubled, what may be lost is
announced.
"""

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.agent.spool.making import MS_NS, numbers
from tests.timing import KILLS_OF_A_NIGHT, SEED_OF_A_NIGHT
from thongsuot_schema.batch.decode import decode_batch, decode_layout
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.model import Batch, Layout

KILLS = 12


class WriterProcess:
    """Runs the process, kills it, and remembers what it said that it had done."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.made: set[int] = set()
        self.kept: set[int] = set()
        self._random = random.Random(seed)

    def run_and_kill(self, until: bytes = b"made") -> None:
        """Start the process, let it work until it has said a word and a while longer, kill it."""
        with self._started() as process:
            assert process.stdout is not None
            output = b""
            while until not in output:
                output += process.stdout.readline()
            time.sleep(self._random.uniform(0, 0.15))
            process.send_signal(signal.SIGKILL)
            self._note(output + process.stdout.read())

    def drain(self) -> None:
        """Hand over all that is there."""
        with self._started("drain") as process:
            assert process.stdout is not None
            self._note(process.stdout.read())
        assert process.returncode == 0

    def _started(self, *more: str) -> subprocess.Popen[bytes]:
        # A kill may have come between the doing and the telling, so a serial is left free.
        serial = max(self.made | self.kept, default=0) + 2
        seed = self._random.randrange(1 << 30)
        arguments = [str(self.root), str(seed), str(serial), *more]
        command = [sys.executable, "-m", "tests.agent.spool.writer", *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE)

    def _note(self, output: bytes) -> None:
        for line in output.decode().splitlines():
            step, _, serial = line.partition(" ")
            (self.made if step == "made" else self.kept).add(int(serial))


def collected(root: Path) -> tuple[list[Batch], list[bytes]]:
    """Return what was handed over, stream by stream, by number: decoded and as it was."""
    layouts: dict[bytes, Layout] = {}
    for path in root.glob("collected/layout-*"):
        name, layout = decode_layout(path.read_bytes())
        layouts[name] = layout
    bodies = [path.read_bytes() for path in sorted(root.glob("collected/batch-*"))]
    return [decode_batch(body, layouts.get) for body in bodies], bodies


def test_no_result_is_lost_or_doubled_however_often_the_process_is_killed(tmp_path: Path) -> None:
    withstand(tmp_path, kills=KILLS, seed=20261124)


@pytest.mark.nightly
def test_a_night_of_kills_loses_and_doubles_nothing(tmp_path: Path) -> None:
    withstand(tmp_path, kills=KILLS_OF_A_NIGHT, seed=SEED_OF_A_NIGHT)


def withstand(folder: Path, *, kills: int, seed: int) -> None:
    """Play it; everything that is asked of the record is asserted here."""
    writer = WriterProcess(folder, seed=seed)
    for _ in range(kills):
        writer.run_and_kill()
    writer.drain()
    batches, bodies = collected(folder)
    serials = [result.boottime_ns // MS_NS for batch in batches for result in batch.results]
    changes = [change.decided_boottime_ns // MS_NS for batch in batches for change in batch.changes]
    assert len(serials) == len(set(serials))
    assert len(changes) == len(set(changes))
    assert len(writer.made) > kills
    assert writer.made <= set(serials)
    assert writer.kept <= set(changes)
    # What a kill caught between the doing and the telling: at most one entry each time.
    assert len(set(serials) | set(changes)) - len(writer.made | writer.kept) <= kills
    assert [batch for batch in batches if any(n.code == "gap" for n in batch.notices)] == []
    (sent_numbers,) = numbers(batches).values()
    assert sent_numbers == list(range(1, len(sent_numbers) + 1)), "one stream, numbers without gaps"
    for before, batch in zip(bodies, batches[1:], strict=False):
        assert batch.previous == digest_of(before)


def test_a_power_cut_takes_no_verdict_change_and_leaves_a_counted_gap(tmp_path: Path) -> None:
    writer = WriterProcess(tmp_path, seed=7)
    cuts = 4
    for _ in range(cuts):
        writer.run_and_kill(until=b"kept")
        shutil.rmtree(tmp_path / "run")
    writer.drain()
    batches, _ = collected(tmp_path)
    serials = [result.boottime_ns // MS_NS for batch in batches for result in batch.results]
    changes = {change.decided_boottime_ns // MS_NS for batch in batches for change in batch.changes}
    assert len(serials) == len(set(serials))
    assert writer.kept
    assert writer.kept <= changes
    gaps = [notice.text for batch in batches for notice in batch.notices if notice.code == "gap"]
    assert len(gaps) == cuts
    assert len(set(gaps)) == cuts, "each names the stream that ended"
