"""Checks whether the batches that an incident's evidence names are unchanged in the journal."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from thongsuot_collector.journal.view import JournalView
from thongsuot_collector.notify.render.document import IncidentDocument
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_schema.batch.decode import read_header
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.errors import BatchError, DocumentError
from thongsuot_schema.localizable import Localizable


class EvidenceCheck(msgspec.Struct, frozen=True, kw_only=True):
    """
    The state of a batch that evidence names; ``is_intact`` is ``None``: it cannot be determined.
    """

    site: str
    stream: str
    number: int
    is_intact: bool | None
    text: str


def compare_evidence(journal: JournalView, document: IncidentDocument) -> Iterator[EvidenceCheck]:
    """
    Yield, for every batch that an incident's evidence names, whether it is unchanged in the record.
    """
    named = {
        (shown.site, batch.stream, batch.number): batch.digest
        for shown in document.subject_evidence
        for batch in shown.batches
    }
    for (site, stream, number), digest in sorted(named.items()):
        is_intact, text = _compare_batch(journal, (site, stream, number), bytes.fromhex(digest))
        yield EvidenceCheck(site=site, stream=stream, number=number, is_intact=is_intact, text=text)


def read_incident_document(file: Path) -> IncidentDocument:
    """
    Return the document of an incident: an attachment, or the body of a webhook around it.

    Raises:
        ConfigInvalid: the file contains none.
        OSError: it cannot be read.
    """
    text = file.read_bytes()
    try:
        try:
            return msgspec.json.decode(text, type=IncidentDocument)
        except msgspec.ValidationError:
            return msgspec.json.decode(text, type=_Wrapped).incident
    except msgspec.MsgspecError as error:
        message = f"is no document of an incident: {error}"
        raise ConfigInvalid([DocumentError(str(file), 0, message)]) from error


class _Wrapped(msgspec.Struct):
    incident: IncidentDocument


def _compare_batch(
    journal: JournalView, place: tuple[str, str, int], digest: bytes
) -> tuple[bool | None, str]:
    body = journal.body(*place)
    if body is not None:
        if digest_of(body) == digest:
            return True, Localizable("the journal has the batch named in the evidence")
        return False, Localizable("the journal has another batch in its place")
    site, stream, number = place
    after = journal.body(site, stream, number + 1)
    if after is None:
        return None, Localizable("neither it nor the batch after it is in the journal any more")
    try:
        previous = read_header(after).previous
    except BatchError as error:
        return False, Localizable("the batch after it cannot be read: {error}", error=str(error))
    if previous == digest:
        return True, Localizable("it was removed for its age; the batch after it names the same")
    return False, Localizable("it was removed for its age; the batch after it names another")
