"""
Two machines with a collector and a PostgreSQL each, a third one with the monitor of their failover
and a watcher; each a network namespace, each joined to each by a cable. What is lost is followed
within seconds, and the city hears of it when nobody judges.
"""

import logging
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from bench.cluster.city import PORT, City
from bench.cluster.failover import DatabasePair
from bench.cluster.machines import ADDRESSES, Play, Service, python_program, topology

from tests.collector.notify.incident_events import secret_file
from tests.servers import need
from thongsuot_lab.inbox import read_messages
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab

pytestmark = [needs_lab, pytest.mark.lab, pytest.mark.servers, pytest.mark.nightly]

TAKEN_OVER_S = 10.0
TOLD_S = 60.0
WHOLE_S = 120.0
INBOX_PORT = 8490

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The machines, their database and their collectors."""

    play: Play
    pair: DatabasePair
    city: City
    folder: Path

    def is_whole(self) -> bool:
        return self.pair.is_whole() and self.city.are_ready()

    def leader(self) -> str:
        """Return the machine that leads, once one does and all is whole."""
        self.play.need(self.is_whole, "the whole cluster", within_s=WHOLE_S)
        self.play.need(
            lambda: any(self.city.leads(name) for name in ("m1", "m2")),
            "a leader",
            within_s=WHOLE_S,
        )
        return next(name for name in ("m1", "m2") if self.city.leads(name))

    def taken_over_after_s(self, lost: str) -> float:
        """Return how long it takes from now until the other machine leads."""
        began_s = time.monotonic()
        self.play.need(
            lambda: self.city.leads(other_of(lost)), "the other one leads", within_s=WHOLE_S
        )
        return time.monotonic() - began_s

    def collector(self, name: str) -> int:
        """Return the process of the collector of a machine."""
        process = self.play.machines[name].services[f"collector-{name}"].process
        assert process is not None
        return process.pid

    def told(self) -> list[str]:
        """Return the kinds of the watcher's notifications to the city, in order."""
        messages = read_messages(self.folder / "letters.jsonl")
        return [message.body.kind.value for message in messages]


def other_of(machine: str) -> str:
    return {"m1": "m2", "m2": "m1"}[machine]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    need("pg_autoctl")
    with (
        # Not below pytest's folder: that is closed to PostgreSQL's user.
        tempfile.TemporaryDirectory(prefix="thongsuot-cluster-") as name,
        Lab(topology()) as lab,
    ):
        folder = Path(name)
        folder.chmod(0o755)
        play = Play(lab)
        pair = DatabasePair(play, folder)
        city = City(play, folder, pair, 1)
        try:
            pair.build()
            city.build()
            _start_watcher(play, folder)
            yield Cluster(play=play, pair=pair, city=city, folder=folder)
        finally:
            play.close()


def _start_watcher(play: Play, folder: Path) -> None:
    """Watch from the third machine, with the shipped times; the city reads an inbox."""
    secret_file(folder, "inbox-secret", "sesame")
    python = python_program("python")
    inbox = [python, "-m", "thongsuot_lab.inbox", "--port", str(INBOX_PORT)]
    inbox += ["--secret-file", "inbox-secret", "--keep", "letters.jsonl"]
    urls = ", ".join(f'"http://{ADDRESSES[name]}:{PORT}"' for name in ("m1", "m2"))
    (folder / "watch.toml").write_text(
        f"""
        state_file = "watch.json"
        [[collectors]]
        name = "centre"
        urls = [{urls}]
        [[channels]]
        kind = "webhook"
        name = "inbox"
        url = "http://127.0.0.1:{INBOX_PORT}/"
        secret_file = "inbox-secret"
        """,
        encoding="utf-8",
    )
    watch = [python_program("thongsuot-collector"), "watch", "--config", "watch.toml"]
    for name, argv in (("inbox", inbox), ("watch", watch)):
        play.machines["m3"].add(Service(name=name, argv=argv, folder=folder))


def test_when_the_leaders_machine_is_cut_off_the_other_one_leads_within_ten_seconds(
    cluster: Cluster,
) -> None:
    lost = cluster.leader()
    assert cluster.pair.primary() == lost, "the harder case: its PostgreSQL is the primary"
    cluster.play.cut_off(lost)
    try:
        after_s = cluster.taken_over_after_s(lost)
    finally:
        cluster.play.reconnect(lost)
    _log.info("taken over after %.1f s, load %.1f", after_s, os.getloadavg()[0])
    cluster.leader()
    assert after_s <= TAKEN_OVER_S


def test_when_the_leader_is_only_stopped_the_other_one_leads_within_ten_seconds(
    cluster: Cluster,
) -> None:
    lost = cluster.leader()
    pid = cluster.collector(lost)
    cluster.play.machines[lost].strike(pid, signal.SIGSTOP)
    try:
        after_s = cluster.taken_over_after_s(lost)
    finally:
        cluster.play.machines[lost].resume(pid)
    _log.info("taken over after %.1f s, load %.1f", after_s, os.getloadavg()[0])
    # It comes back, finds itself deposed, and follows.
    assert cluster.leader() == other_of(lost)
    assert not cluster.city.leads(lost)
    assert after_s <= TAKEN_OVER_S


def test_the_city_is_notified_within_a_minute_if_nobody_judges_and_not_while_one_leads(
    cluster: Cluster,
) -> None:
    lost = cluster.leader()
    cluster.play.take_away(lost)
    cluster.taken_over_after_s(lost)
    # Longer than it would take to tell, had nobody taken over.
    cluster.play.wait(TOLD_S - cluster.taken_over_after_s(lost))
    assert cluster.told() == []
    cluster.play.take_away(other_of(lost))
    began_s = time.monotonic()
    cluster.play.need(lambda: cluster.told() == ["opened"], "a message", within_s=WHOLE_S)
    after_s = time.monotonic() - began_s
    _log.info("told after %.1f s, load %.1f", after_s, os.getloadavg()[0])
    for name in ("m1", "m2"):
        cluster.play.bring_back(name)
    cluster.play.need(
        lambda: cluster.told() == ["opened", "resolved"], "the end of it", within_s=WHOLE_S
    )
    assert after_s <= TOLD_S
