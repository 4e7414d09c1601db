"""
Proposed work on the first page: proposals waiting for the city, confirmed with one click. Pure.
"""

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.proposed_work import ProposedWork
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.maintenance.windows import covered_count
from thongsuot_collector.notify.render.names import window_scope
from thongsuot_collector.web.access import Visitor
from thongsuot_collector.web.desk.page import desk_path, work_path
from thongsuot_collector.web.home import labels
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_schema.words.dates import moment


class ProposalItem(msgspec.Struct, frozen=True, kw_only=True):
    """
    Work that a carrier proposes: what, where, when.

    ``desk_url`` is that of the carrier's desk. ``confirm_url`` confirms it with one click, by the
    button labelled ``confirm_as``; empty without permission. ``review_url`` is the page to review
    or refuse it; empty for visitors without that page.
    """

    title: str
    facts: tuple[str, ...]
    note: str
    desk_url: str
    confirm_url: str
    confirm_as: str
    review_url: str


def proposal_item(
    work: ProposedWork, directory: InventoryDirectory, visitor: Visitor, reader: PageReader
) -> ProposalItem:
    """Return a proposal for the first page."""
    language, window = reader.language, work.window
    scope = window_scope(window, directory, language)
    decision_url = reader.url(work_path(work.carrier, work.id))
    # An anonymous visitor is asked to sign in there; a signed-in reader may not decide.
    may_review = visitor.is_engineer or not visitor.name
    return ProposalItem(
        title=labels.WORK_OF.read(language, scope=scope),
        facts=(
            f"{moment(window.start_ns / NS_PER_S)} – {moment(window.end_ns / NS_PER_S)}",
            labels.CIRCUITS.read(language, count=covered_count(window, directory)),
            labels.PROPOSED_BY.read(language, person=work.person),
        ),
        note=window.note,
        desk_url=reader.url(desk_path(work.carrier)),
        confirm_url=decision_url if visitor.is_engineer else "",
        confirm_as=labels.CONFIRM_AS.read(language, title=visitor.title),
        review_url=decision_url if may_review else "",
    )
