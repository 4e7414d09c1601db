"""Planned work as a message: the proposal, and the city's decision. Pure."""

from enum import StrEnum
from typing import Final

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.proposed_work import ProposedWork
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.maintenance.windows import covered_count
from thongsuot_collector.notify.render.names import window_scope
from thongsuot_collector.notify.render.sections import exact_time
from thongsuot_collector.printable import printable_line
from thongsuot_schema.words.dates import moment
from thongsuot_schema.words.language import Language, Text


class WorkNoticeKind(StrEnum):
    """The reason of a notice about proposed work; stored in the delivery log, so never renamed."""

    PROPOSED = "work_proposed"
    CONFIRMED = "work_confirmed"
    REFUSED = "work_refused"


_SUBJECTS: Final[dict[WorkNoticeKind, Text]] = {
    WorkNoticeKind.PROPOSED: Text("collector.notify.work.subjects.proposed"),
    WorkNoticeKind.CONFIRMED: Text("collector.notify.work.subjects.confirmed"),
    WorkNoticeKind.REFUSED: Text("collector.notify.work.subjects.refused"),
}
_OPENINGS: Final[dict[WorkNoticeKind, Text]] = {
    WorkNoticeKind.PROPOSED: Text("collector.notify.work.openings.proposed"),
    WorkNoticeKind.CONFIRMED: Text("collector.notify.work.openings.confirmed"),
    WorkNoticeKind.REFUSED: Text("collector.notify.work.openings.refused"),
}
_FACTS: Final = Text("collector.notify.work.facts")
_READ_MORE: Final = Text("collector.notify.work.read_more")


class WorkText(msgspec.Struct, frozen=True, kw_only=True):
    """Subject and text of a message."""

    title: str
    body: str


def work_text(
    kind: WorkNoticeKind,
    work: ProposedWork,
    directory: InventoryDirectory,
    language: Language,
    *,
    page_url: str,
) -> WorkText:
    """Return a party's message about proposed work; ``page_url`` is the page with its details."""
    window, carrier = work.window, directory.carrier(work.carrier)
    name = (carrier.title or carrier.name) if carrier else work.carrier
    scope = window_scope(window, directory, language)
    circuit = circuit_of(work, directory)
    title = _SUBJECTS[kind].read(
        language,
        subject=circuit or scope,
        start=moment(window.start_ns / NS_PER_S),
        end=moment(window.end_ns / NS_PER_S),
    )
    decision = work.decision
    opening = _OPENINGS[kind].read(
        language,
        carrier=name,
        person=printable_line(work.person),
        by="" if decision is None else decision.by,
        reason="" if decision is None else printable_line(decision.reason),
    )
    facts = _FACTS.read(
        language,
        scope=" · ".join(filter(None, (circuit, scope))),
        count=covered_count(window, directory),
        start=exact_time(window.start_ns),
        end=exact_time(window.end_ns),
        note=printable_line(window.note),
    )
    more = _READ_MORE.read(language, url=page_url) if page_url else ""
    return WorkText(title=title, body="\n\n".join(filter(None, (opening, facts, more))) + "\n")


def circuit_of(work: ProposedWork, directory: InventoryDirectory) -> str:
    """Return the circuit of planned work; empty if it covers more than one."""
    link = directory.link(work.window.site, work.window.link) if work.window.link else None
    return "" if link is None else link.circuit
