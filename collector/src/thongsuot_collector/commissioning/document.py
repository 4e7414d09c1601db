"""
Report document: the proofs of a site's links, as the report and the page show them. Pure.

Its structure is the input of ``templates/report.typ``.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
import segno

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.store.commissioning_photos import StoredPhoto
from thongsuot_schema.commissioning.run import CommissioningRun, LinkProof, LinkStage
from thongsuot_schema.words.commissioning import (
    Phrase,
    counter_sentence,
    failure_sentence,
    outcome_sentence,
    result_lines,
    to_the_second,
)
from thongsuot_schema.words.dates import moment
from thongsuot_schema.words.language import Language, Text, capitalised, join_list
from thongsuot_schema.words.media import line_phrase

TITLE: Final = Text("collector.commissioning.report.title")
_ENDED: Final = Text("collector.commissioning.report.ended")
_UNDER_WAY: Final = Text("collector.commissioning.report.under_way")
_NOT_ENDED: Final = Text("collector.commissioning.report.not_ended")
_RUN: Final = Text("collector.commissioning.report.run")
_BASIS: Final = Text("collector.commissioning.report.basis")
_LINES: Final = Text("collector.commissioning.report.lines")
_WITNESSES: Final = Text("collector.commissioning.report.witnesses")
_ALONE: Final = Text("collector.commissioning.report.alone")
_COUNTER: Final = Text("collector.commissioning.report.counter")
_FAILURES: Final = Text("collector.commissioning.report.failures")
_PHOTOS: Final = Text("collector.commissioning.report.photos")
_PHOTO: Final = Text("collector.commissioning.report.photo")
_SCAN: Final = Text("collector.commissioning.report.scan")
_SIGNATURES: Final = (
    Text("collector.commissioning.report.installer"),
    Text("collector.commissioning.report.representative"),
)


class ReportedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One link: its name, its circuit in the records, and its proof."""

    title: str
    circuit: str
    is_proven: bool
    facts: tuple[str, ...]


class ReportedPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of a label: its subject, its file name for the template, and its content."""

    title: str
    file: str
    body: bytes = b""


class ReportDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report. ``code`` is an SVG of the QR code of ``url``; both empty without one."""

    language: str
    title: str
    site: str
    place: str
    outcome: str
    is_complete: bool
    when: str
    run: str
    basis: str
    lines_title: str
    lines: tuple[ReportedLine, ...]
    counter_title: str
    counter: str
    failures_title: str
    failures: tuple[tuple[str, str], ...]
    scan: str
    url: str
    code: str
    signatures: tuple[str, ...]
    photos_title: str = ""
    photos: tuple[ReportedPhoto, ...] = ()


def report_document(
    site: str,
    run: CommissioningRun,
    directory: InventoryDirectory,
    language: Language,
    *,
    url: str,
    photos: Iterable[StoredPhoto] = (),
) -> ReportDocument:
    """
    Return the report of a run; ``url`` is the page of the site, empty if there is none,
    ``photos`` are those of the run's labels.
    """
    known = directory.site(site)
    phrase = link_phrase(site, directory, language)
    begun = moment(run.begun_s)
    return ReportDocument(
        language=language,
        title=TITLE.read(language),
        site=known.title or known.name,
        place=directory.commune_name(known.commune),
        outcome=(_NOT_ENDED.read(language))
        if run.ended_s is None
        else outcome_sentence(run, language),
        is_complete=run.is_complete,
        when=_UNDER_WAY.read(language, begun=begun)
        if run.ended_s is None
        else _ENDED.read(language, begun=begun, ended=moment(run.ended_s)),
        run=_RUN.read(language, run=run.id),
        basis=_BASIS.read(language),
        lines_title=_LINES.read(language),
        lines=tuple(_line(proof, phrase, language) for proof in run.links),
        counter_title=_COUNTER.read(language),
        counter=counter_sentence(run.counter, phrase, language),
        failures_title=_FAILURES.read(language),
        failures=tuple(
            (to_the_second(failure.at_s), failure_sentence(failure, phrase, language))
            for failure in run.failures
        ),
        scan=_SCAN.read(language),
        url=url,
        code=segno.make_qr(url, error="m").svg_inline(border=0, scale=8) if url else "",
        signatures=tuple(title.read(language) for title in _SIGNATURES),
        photos_title=_PHOTOS.read(language),
        photos=tuple(_photo(photo, phrase, language) for photo in photos),
    )


def link_phrase(site: str, directory: InventoryDirectory, language: Language) -> Phrase:
    """Return the names of a site's links in running text, each by its own name."""

    def phrase(name: str) -> str:
        link = directory.link(site, name)
        if link is None:
            return name
        carrier = directory.carrier(link.carrier)
        title = link.carrier if carrier is None else carrier.title or carrier.name
        return line_phrase(link.medium.value, title, language)

    return phrase


def _photo(photo: StoredPhoto, phrase: Phrase, language: Language) -> ReportedPhoto:
    title = _PHOTO.read(
        language, line=capitalised(phrase(photo.link)), by=photo.by, at=moment(photo.at_ns / 1e9)
    )
    ending = photo.media_type.rpartition("/")[2]
    return ReportedPhoto(title=title, file=f"{photo.link}.{ending}", body=photo.body)


def _line(proof: LinkProof, phrase: Phrase, language: Language) -> ReportedLine:
    facts = result_lines(proof, phrase, language)
    is_proven = proof.stage is LinkStage.PROVEN
    if is_proven:
        witnesses = join_list([phrase(name) for name in proof.witnesses], language)
        alone = _ALONE.read(language)
        facts.insert(1, _WITNESSES.read(language, links=witnesses) if witnesses else alone)
    return ReportedLine(
        title=capitalised(phrase(proof.link)),
        circuit=proof.circuit,
        is_proven=is_proven,
        facts=tuple(facts),
    )
