"""
By whose line packets leave, by the network that the device's own modem is in (PLMN): nothing at the
far end is asked, and the addresses are of the carriers' own translators, and nobody's.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.timing import MS
from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_lab.lab import Lab
from thongsuot_lab.matrix.journal_reader import StoredBatch, stored_batches
from thongsuot_lab.matrix.profile import QUICK, shaped_topology
from thongsuot_lab.services.modem_bus import is_installed
from thongsuot_lab.stack.city import CityStack
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.topology.shape_parts import FIRST
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

pytestmark = [pytest.mark.lab, pytest.mark.nightly, needs_lab]

SITE, LINK = "shape-f", "mobile"
WITHIN_S = 120_000 * MS


@pytest.fixture(scope="module")
def stack() -> Iterator[CityStack]:
    if not is_installed():
        pytest.skip("dbus-daemon, busctl or python3-dbusmock is not installed")
    with (
        tempfile.TemporaryDirectory(prefix="thongsuot-signs-") as made,
        Lab(shaped_topology(("f",))) as lab,
    ):
        folder = Path(made)
        # An agent is an ordinary user, and pytest's folders are for their owner alone.
        folder.chmod(0o755)
        running = CityStack(lab, folder, QUICK.options_for(lab.ca_file))
        try:
            running.start()
            yield running
        finally:
            running.stop()


def batches(stack: CityStack) -> list[StoredBatch]:
    return list(stored_batches(stack.folder / "collector" / "state" / JOURNAL_FILE))


def owners(stack: CityStack) -> set[tuple[str, str]]:
    """Return by which kinds the line was said to be whose, where not the contract's."""
    return {
        (result.series.kind, owner)
        for stored in batches(stack)
        for result in stored.batch.results
        if result.series.link == LINK
        and (owner := result.finding.evidence.get("other_carrier", ""))
    }


def states(stack: CityStack) -> list[tuple[State, Symptom]]:
    """Return the verdicts on the link, in the order of their making."""
    changes = [
        change
        for stored in batches(stack)
        for change in stored.batch.changes
        if change.verdict.link == LINK and not change.verdict.service
    ]
    changes.sort(key=lambda change: change.decided_boottime_ns)
    return [(change.verdict.state, change.verdict.symptom) for change in changes]


def wait_for(stack: CityStack, last: tuple[State, Symptom]) -> None:
    """Wait until the collector has a verdict as the latest one."""
    limit_s = time.monotonic() + WITHIN_S
    while [last] != states(stack)[-1:]:
        assert time.monotonic() < limit_s, f"{states(stack)} {owners(stack)}"
        time.sleep(0.5)


def test_a_second_sim_is_seen_by_its_network_without_any_far_end(stack: CityStack) -> None:
    wait_for(stack, (State.UP, Symptom.NONE))
    assert owners(stack) == set()
    stack.lab.fault("second-sim", site=SITE, link=LINK)
    wait_for(stack, (State.UNKNOWN, Symptom.EGRESS_OTHER_CARRIER))
    assert owners(stack) == {("radio", FIRST)}
    stack.lab.heal("second-sim")
    wait_for(stack, (State.UP, Symptom.NONE))
    kinds = {result.series.kind for stored in batches(stack) for result in stored.batch.results}
    assert not kinds & {"egress", "path"}
