"""A store with a month of one circuit in it, as the collector's own parts write it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from sqlalchemy import Engine

from tests.collector.sla.examples import BASE, DAY, HOUR
from tests.collector.sla.reference_count import CUT, OFF, UP, S, StateSpec, course
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.correlation import rows
from thongsuot_collector.correlation.rows import IncidentWrites
from thongsuot_collector.incidents.fault import Fault, FaultPhase
from thongsuot_collector.incidents.incident import HoldOff, Incident, IncidentMember, IncidentStatus
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.party import ResponsibleParty, Severity
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.dispatch import delivery_log as notification
from thongsuot_collector.notify.dispatch.delivery_log import DeliveryLogEntry
from thongsuot_collector.notify.message import ChannelOutcome
from thongsuot_collector.statements.archive import StatementArchive
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.timeline.interval import Rewrite
from thongsuot_collector.timeline.site import SiteTimeline
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.inventory.communes import bundled_communes
from thongsuot_schema.inventory.contract_terms import Contract
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Carrier, Inventory, Link, Site
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

SITE, LINK = "hk-01", "fiber"
SUBJECT = Subject(SITE, LINK)
VNPT = ResponsibleParty(Party.CARRIER, "vnpt")


def inventory(*contracts: Contract) -> Inventory:
    """Return a site with a fibre that has a circuit and a 5G link that has none."""
    return Inventory(
        communes=bundled_communes(),
        carriers=(Carrier(name="vnpt", title="VNPT"), Carrier(name="viettel", title="Viettel")),
        sites=(
            Site(
                name=SITE,
                title="Điểm phục vụ Ba Đình",
                commune="00004",
                links=(
                    Link(
                        name=LINK,
                        interface="eth0",
                        medium=Medium.FIBER,
                        carrier="vnpt",
                        circuit="HN/FTTH 42",
                    ),
                    Link(name="5g", interface="wwan0", medium=Medium.RADIO_5G, carrier="viettel"),
                ),
            ),
        ),
        contracts=contracts,
    )


@dataclass
class StatementFixture:
    """A store, and the archive over it, at a time that a test sets."""

    folder: Path
    contracts: tuple[Contract, ...] = ()
    now_s: int = 31 * DAY
    given_store: Engine | None = None
    store: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.store = self.given_store or open_store(self.folder / STORE_FILE)

    @property
    def archive(self) -> StatementArchive:
        directory = InventoryDirectory(inventory(*self.contracts))
        return StatementArchive(
            self.store, directory, now_ns=lambda: (BASE + self.now_s * S) * 1_000_000
        )

    def live(self, *steps: tuple[int, StateSpec], heard_s: int = 60 * DAY) -> None:
        """Write how the fibre was from the first step on, and when its site was heard last."""
        intervals = tuple(course(BASE, *steps))
        rewrite = Rewrite(
            subject=SUBJECT, from_ns=intervals[0].start_ns, until_ns=None, intervals=intervals
        )
        timeline = SiteTimeline(site=SITE, last_sign_ns=(BASE + heard_s * S) * 1_000_000)
        self.write(
            IncidentWrites(rewrites=[rewrite], timelines=[(SITE, msgspec.msgpack.encode(timeline))])
        )

    def write(self, writing: IncidentWrites) -> None:
        rows.write_changes(self.store, writing, consumer="incidents")

    def plan_work(self, from_s: int, until_s: int, **covers: str) -> None:
        """Plan work."""
        window = MaintenanceWindow(id="w1", start_ns=ns(from_s), end_ns=ns(until_s), **covers)
        rows.put_window(self.store, window)

    def fault(self, from_s: int, until_s: int, *, known_s: int | None = None) -> Fault:
        """Write a fault of the fibre, and the incident that it is."""
        fault = Fault(
            id=f"t{from_s}",
            subject=SUBJECT,
            phases=tuple(
                FaultPhase(interval=interval)
                for interval in course(BASE, (from_s, CUT), until_s=until_s)
            ),
            start_ns=ns(from_s),
            end_ns=ns(until_s),
            known_ns=ns(from_s + 2 if known_s is None else known_s),
        )
        self.write(IncidentWrites(faults=[fault], incidents=[incident(f"i{from_s}", [fault])]))
        return fault

    def tell(
        self,
        incident_id: str,
        at_s: int,
        *,
        kind: str = "opened",
        audience: ResponsibleParty = VNPT,
        outcome: ChannelOutcome = ChannelOutcome.DELIVERED,
    ) -> None:
        """Write that somebody was notified, or that it was attempted."""
        tried = DeliveryLogEntry(
            incident=incident_id,
            number=1,
            audience=str(audience),
            channel="main",
            kind=kind,
            began_ns=ns(at_s),
            took_ns=250_000_000,
            outcome=outcome,
            reference="T-9",
        )
        notification.save_threads(self.store, (), (tried,))


def ns(second: int) -> int:
    """Return a second of the month as Unix nanoseconds."""
    return (BASE + second * S) * 1_000_000


def incident(name: str, faults: Sequence[Fault]) -> Incident:
    """Return an incident of some faults."""
    first = faults[0]
    return Incident(
        id=name,
        code="link_fault",
        key=str(SUBJECT),
        status=IncidentStatus.CLOSED,
        opened_ns=first.start_ns,
        known_ns=first.known_ns,
        state=State.DOWN,
        symptom=Symptom.ACCESS_SILENT,
        party=VNPT,
        severity=Severity.CRITICAL,
        hold_off=HoldOff(from_ns=first.known_ns, hold_s=3.0, limit_s=8.0),
        segment=Segment.ACCESS,
        members=tuple(
            IncidentMember(
                fault_ids=(fault.id,),
                subject=fault.subject,
                start_ns=fault.start_ns,
                end_ns=fault.end_ns,
                state=State.DOWN,
                symptom=Symptom.ACCESS_SILENT,
            )
            for fault in faults
        ),
    )


def november(month: StatementFixture) -> None:
    """Write a month with a cut of an hour, told after 8 s, and two hours without power."""
    month.live((-DAY, UP), (HOUR, CUT), (2 * HOUR, UP), (DAY, OFF), (DAY + 2 * HOUR, UP))
    month.fault(HOUR, 2 * HOUR)
    month.tell(f"i{HOUR}", HOUR + 8)
