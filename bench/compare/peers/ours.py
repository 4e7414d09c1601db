"""
Thông Suốt itself: an agent at the site, a second one as a witness at another site, a collector.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from bench.compare.contract import Message, PeerKind, PeerPlace, StoredRuns

from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_lab.matrix.journal_reader import stored_batches
from thongsuot_lab.matrix.observe import observe_site
from thongsuot_lab.matrix.site_reconciliation import NS_PER_MS, SiteReconciliation
from thongsuot_lab.stack.city import CityStack, StackOptions
from thongsuot_schema.segment import Party

WITNESS = "witness"
"""The site of our second agent, which distinguishes a fault of one site from a fault of all."""


@dataclass(slots=True)
class Ours:
    """The product with its default settings; see ``Peer``."""

    place: PeerPlace
    _stack: CityStack = field(init=False)

    def __post_init__(self) -> None:
        options = StackOptions(
            with_prometheus=False,
            with_receivers=True,
            all_to_inbox=True,
            is_verbose=True,
            agents_at=(self.place.site, WITNESS),
        )
        self._stack = CityStack(self.place.lab, self.place.folder, options)

    def start(self) -> None:
        """Start collector and agents."""
        self._stack.start()

    def stop(self) -> None:
        """End them."""
        self._stack.stop()

    def read_message(self, party: Party, body: bytes, boottime_ns: int) -> Sequence[Message]:
        """Not supported: its receivers have an inbox of their own, see ``collect_messages``."""
        raise RuntimeError(
            f"{party.value} got a message beside the inbox at {boottime_ns}: {body[:200]!r}"
        )

    def collect_messages(self) -> None:
        """Add the messages in the inbox so far to the place."""
        assert self._stack.receivers is not None
        ahead_ns = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self.place.messages[:] = [
            Message(
                boottime_ns=round(letter.arrived_s * 1e9) - ahead_ns,
                party=letter.body.audience.party,
                thread=f"{letter.body.thread_id} {letter.body.audience.name}",
                subject=f"{letter.body.kind.value}: {letter.body.title}",
                is_over=letter.body.kind is NotificationKind.RESOLVED,
            )
            for letter in self._stack.receivers.messages()
        ]

    def is_calm(self) -> bool:
        """Return whether agents and collector report everything as up."""
        self._stack.check()
        return all(observe_site(self._stack, site).is_healthy for site in self._stack.sites)

    def stored_runs(self, since_s: float, until_s: float) -> StoredRuns:
        """Return the runs that the agent logged in a period, and those in the journal."""
        ahead_ms = (time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)) // NS_PER_MS
        first, last = (round(at_s * 1000) - ahead_ms for at_s in (since_s, until_s))
        site = SiteReconciliation()
        site.read_log(self._stack.agent(self.place.site).log)
        for batch in stored_batches(self.place.folder / "collector" / "state" / JOURNAL_FILE):
            if batch.batch.site == self.place.site:
                site.read_batch(batch)
        made = [key for key in site.logged_runs if first <= key[-1] < last]
        kept = [key for key in made if site.stored_runs[key]]
        return StoredRuns(on_device=len(made), in_centre=len(kept))


def _nothing() -> str:
    return ""


def _version() -> str:
    return f"thongsuot {version('thongsuot-agent')}"


def _create(place: PeerPlace) -> Ours:
    Path(place.folder).mkdir(parents=True, exist_ok=True)
    return Ours(place)


KINDS = (
    PeerKind(
        name="Thông Suốt",
        settings="defaults of agent and collector",
        version=_version,
        missing=_nothing,
        create=_create,
    ),
)
