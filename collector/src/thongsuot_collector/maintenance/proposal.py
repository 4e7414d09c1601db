"""Proposal: planned work from a carrier's form, validated. Pure."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.proposed_work import ProposedWork
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.maintenance.windows import with_readable_id
from thongsuot_schema.words.dates import VIETNAM

MOST_PENDING = 50
"""Maximum pending proposals of one carrier: more come from a malfunctioning program."""

LONGEST_S = 14 * 86_400
"""Maximum length of one window; a longer one is a permanent state, not work."""
_LATEST_S = 400 * 86_400


class ProposalMistake(StrEnum):
    """The errors of a proposal; a closed list, because the page has a sentence for each."""

    PERSON = "person"
    NOTE = "note"
    SCOPE = "scope"
    TIME = "time"
    PAST = "past"
    LENGTH = "length"
    COUNT = "count"


class WorkScope(msgspec.Struct, frozen=True, kw_only=True):
    """
    The possible coverage of a carrier's work: all of its circuits, those of a commune, or one.

    ``key`` is the value in the form.
    """

    key: str
    site: str = ""
    link: str = ""
    commune: str = ""


def scopes(carrier: str, directory: InventoryDirectory) -> list[WorkScope]:
    """
    Return the possible coverage of a carrier's work: everything, then communes, then circuits.
    """
    own = [
        (site, link)
        for site in directory.sites.values()
        for link in site.links
        if link.carrier == carrier
    ]
    communes = dict.fromkeys(site.commune for site, _ in own)
    return [
        WorkScope(key="all"),
        *(WorkScope(key=f"commune:{code}", commune=code) for code in communes),
        *(
            WorkScope(key=f"link:{site.name}:{link.name}", site=site.name, link=link.name)
            for site, link in own
        ),
    ]


def proposal_from(
    fields: dict[str, str],
    carrier: str,
    directory: InventoryDirectory,
    known: Iterable[ProposedWork],
    *,
    now_ns: int,
) -> ProposedWork | ProposalMistake:
    """Return the work proposed by a form's fields, or its errors."""
    scope = next(
        (scope for scope in scopes(carrier, directory) if scope.key == fields.get("scope")), None
    )
    if not fields.get("name"):
        return ProposalMistake.PERSON
    if scope is None:
        return ProposalMistake.SCOPE
    if not fields.get("text"):
        return ProposalMistake.NOTE
    times = _times(fields, now_ns)
    if isinstance(times, ProposalMistake):
        return times
    if sum(work.is_pending(now_ns) for work in known) >= MOST_PENDING:
        return ProposalMistake.COUNT
    start_ns, end_ns = times
    window = MaintenanceWindow(
        id="",
        start_ns=start_ns,
        end_ns=end_ns,
        carrier=carrier,
        site=scope.site,
        link=scope.link,
        commune=scope.commune,
        note=fields["text"],
    )
    return ProposedWork(
        carrier=carrier,
        window=with_readable_id(window),
        person=fields["name"],
        proposed_ns=now_ns,
    )


def _times(fields: dict[str, str], now_ns: int) -> tuple[int, int] | ProposalMistake:
    """Return the begin and end of the work, or the errors."""
    start_ns, end_ns = (
        parse_form_moment_ns(fields.get("start", "")),
        parse_form_moment_ns(fields.get("end", "")),
    )
    if start_ns is None or end_ns is None or end_ns <= start_ns:
        return ProposalMistake.TIME
    if start_ns <= now_ns:
        # Work that has begun is not planned: its outage would be excused after the fact.
        return ProposalMistake.PAST
    if end_ns - start_ns > LONGEST_S * NS_PER_S or start_ns - now_ns > _LATEST_S * NS_PER_S:
        return ProposalMistake.LENGTH
    return start_ns, end_ns


def parse_form_moment_ns(written: str) -> int | None:
    """Parse a moment in the format of browsers, in Vietnam; ``None`` if it is invalid."""
    try:
        when = datetime.fromisoformat(written)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=VIETNAM)
    return round(when.timestamp()) * NS_PER_S
