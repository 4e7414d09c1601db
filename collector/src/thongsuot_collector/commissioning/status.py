"""How the commissioning of a site stands, in one sentence for its page. Pure."""

from typing import Final

from thongsuot_collector.commissioning.document import link_phrase
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_schema.commissioning.run import CommissioningRun, LinkStage
from thongsuot_schema.words.dates import moment
from thongsuot_schema.words.language import Language, Text

_NONE: Final = Text("collector.commissioning.site.none")
_UNDER_WAY: Final = Text("collector.commissioning.site.under_way")
_COMPLETE: Final = Text("collector.commissioning.site.complete")
_INCOMPLETE: Final = Text("collector.commissioning.site.incomplete")
_SWAPPED: Final = Text("collector.commissioning.site.swapped")


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
    """Return what has to be corrected after a run: labels that are exchanged, each pair once."""
    phrase = link_phrase(site, directory, language)
    pairs = {
        tuple(sorted((proof.link, proof.swapped_with)))
        for proof in (() if run is None else run.links)
        if proof.stage is LinkStage.SWAPPED
    }
    return [
        _SWAPPED.read(language, link=phrase(link), other=phrase(other))
        for link, other in sorted(pairs)
    ]
