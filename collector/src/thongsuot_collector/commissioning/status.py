"""The state of a site's commissioning: one word for lists, one sentence for its page. Pure."""

from enum import StrEnum
from typing import Final

from thongsuot_collector.commissioning.document import link_phrase
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_schema.commissioning.run import CommissioningRun, LinkStage
from thongsuot_schema.inventory.model import Site
from thongsuot_schema.words.dates import moment
from thongsuot_schema.words.language import Language, Text

_NONE: Final = Text("collector.commissioning.site.none")
_UNDER_WAY: Final = Text("collector.commissioning.site.under_way")
_COMPLETE: Final = Text("collector.commissioning.site.complete")
_INCOMPLETE: Final = Text("collector.commissioning.site.incomplete")
_SWAPPED: Final = Text("collector.commissioning.site.swapped")
_ADDED: Final = Text("collector.commissioning.site.added")
_REMOVED: Final = Text("collector.commissioning.site.removed")
_ANOTHER_CIRCUIT: Final = Text("collector.commissioning.site.another_circuit")
_AGAIN: Final = Text("collector.commissioning.site.again")


class CommissioningState(StrEnum):
    """The progress of a site's newest run, and whether it is still valid."""

    NONE = "none"
    UNDER_WAY = "under-way"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    OUTDATED = "outdated"
    """The links of the inventory differ from those of the run, and have to be proven."""


def commissioning_state(run: CommissioningRun | None, site: Site) -> CommissioningState:
    """Return the state of a site's commissioning."""
    if run is None:
        return CommissioningState.NONE
    if run.ended_s is None:
        return CommissioningState.UNDER_WAY
    if _changes(run, site):
        return CommissioningState.OUTDATED
    return CommissioningState.COMPLETE if run.is_complete else CommissioningState.INCOMPLETE


def _changes(run: CommissioningRun, site: Site) -> dict[str, Text]:
    """Return the links that differ from those of a run, with the changes."""
    proven = {proof.link: proof.circuit for proof in run.links}
    now = {link.name: link.circuit for link in site.links}
    added = {name: _ADDED for name in now if name not in proven}
    removed = {name: _REMOVED for name in proven if name not in now}
    # For a site that is not in the inventory, the device's own links count.
    other = {name: _ANOTHER_CIRCUIT for name in now if name in proven and now[name] != proven[name]}
    return {**added, **removed, **other} if site.links else {}


def commissioning_fact(run: CommissioningRun | None, language: Language) -> str:
    """Return whether a site is commissioned, since when, and how many of its lines are proven."""
    if run is None:
        return _NONE.read(language)
    proven, count = run.proven, len(run.links)
    if run.ended_s is None:
        begun = moment(run.begun_s)
        return _UNDER_WAY.read(language, begun=begun, proven=proven, count=count)
    sentence = _COMPLETE if run.is_complete else _INCOMPLETE
    return sentence.read(language, ended=moment(run.ended_s), proven=proven, count=count)


def commissioning_notes(
    site: str, run: CommissioningRun | None, directory: InventoryDirectory, language: Language
) -> list[str]:
    """
    Return the tasks after a run: swapped labels must be corrected, each pair once; links that have
    changed since must be proven again.
    """
    if run is None:
        return []
    phrase = link_phrase(site, directory, language)
    pairs = {
        tuple(sorted((proof.link, proof.swapped_with)))
        for proof in run.links
        if proof.stage is LinkStage.SWAPPED
    }
    notes = [
        _SWAPPED.read(language, link=phrase(link), other=phrase(other))
        for link, other in sorted(pairs)
    ]
    changes = {} if run.ended_s is None else _changes(run, directory.site(site))
    notes += [change.read(language, link=phrase(link)) for link, change in changes.items()]
    return [*notes, _AGAIN.read(language)] if changes else notes
