"""
Reissues batches under another identity: the content is the same; stream, number and chain are new.

For a batch whose number the collector has with other bytes, pushed before by a copy of this device,
or by an attacker with its token who guessed the next numbers (2026-11: 40 numbers used in advance
made an agent drop 260 batches that it believed to be stored).
"""

from dataclasses import dataclass

from msgspec import structs

from thongsuot_agent.spool.rows import SpoolRow
from thongsuot_agent.spool.stream import BatchKey, PendingBatch, StreamIdentity, new_stream_name
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.encode import encode_batch, index_layout
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.batch.model import Layout, NoticeCode


@dataclass(frozen=True, slots=True, kw_only=True)
class ReissuedBatch:
    """A batch under its new identity; ``digest`` identifies it in the chain."""

    row: SpoolRow
    stream: StreamIdentity
    digest: bytes


class ReissuedStreams:
    """The streams of this process to which batches were moved: one for each boot."""

    def __init__(self) -> None:
        self._newest: dict[str, ReissuedBatch] = {}

    def reissue(
        self, batch: PendingBatch, layout: Layout | None, *, new_ordinal: int
    ) -> ReissuedBatch:
        """
        Return a batch as the next of the stream for its boot; see ``note_kept``.

        ``new_ordinal`` is the ordinal of that stream if it has to be created.

        Raises:
            BatchError: the batch cannot be read.
        """
        # Imported on demand: see ``eviction``.
        from thongsuot_schema.batch.decode import decode_batch  # noqa: PLC0415

        content = decode_batch(batch.body, lambda _name: layout)
        newest = self._newest.get(content.boot_id)
        stream = (
            StreamIdentity(
                name=new_stream_name(),
                site=content.site,
                boot_id=content.boot_id,
                ordinal=new_ordinal,
                started_boottime_ns=content.clock.boottime_ns,
                started_wall_ns=content.clock.wall_ns,
            )
            if newest is None
            else newest.stream
        )
        number = 1 if newest is None else newest.row.key.number + 1
        body = encode_batch(
            structs.replace(
                content,
                stream=stream.name,
                number=number,
                previous=b"" if newest is None else newest.digest,
            ),
            index_layout(layout or sorted_layout(())),
        )
        row = SpoolRow(
            key=BatchKey(stream.ordinal, number),
            sealed_boottime_ns=content.clock.boottime_ns,
            sealed_wall_ns=content.clock.wall_ns,
            results=len(content.results),
            news=len(content.changes)
            + sum(notice.code is NoticeCode.GAP for notice in content.notices),
            is_whole=True,
            layout=batch.layout,
            body=body,
        )
        return ReissuedBatch(row=row, stream=stream, digest=digest_of(body))

    def note_kept(self, reissued: ReissuedBatch) -> None:
        """Record that a batch is on the disk under its new identity: the next one follows it."""
        self._newest[reissued.stream.boot_id] = reissued
