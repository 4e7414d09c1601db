"""
Recording: the events of the engine as text, so that a verdict can be reproduced elsewhere.

JSON lines. The first is the header: ``{"event": "recording", "version": 1, "draft": …, "settings":
…}`` with the links, targets and probe schedules, and the thresholds. Each other line is one event
as passed to ``engine.step``: ``arrival`` (a result and its time of arrival), ``tick``, ``link`` (an
interface's facts). Times are CLOCK_BOOTTIME in nanoseconds. Ticks may be omitted; ``with_ticks``
inserts them again.
"""

from collections.abc import Iterable, Iterator

import msgspec

from thongsuot_agent.judge.events import LinkEvent, ResultArrival, Tick
from thongsuot_agent.judge.link_context import NS_PER_S
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import SiteInventory, SiteProbes, site_probes_from
from thongsuot_schema.localizable import Localizable

VERSION = 1

Recorded = ResultArrival | Tick | LinkEvent


class Header(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="recording"):
    """The first line: the inventory of the events, and the thresholds of the judge."""

    version: int
    draft: SiteInventory
    settings: Settings


class RecordingError(ValueError):
    """A recording cannot be read; the text has the line and the reason."""


_ENCODER = msgspec.json.Encoder()
_LINE: msgspec.json.Decoder[Header | ResultArrival | Tick | LinkEvent] = msgspec.json.Decoder(
    Header | ResultArrival | Tick | LinkEvent
)


def header_line(site_probes: SiteProbes, settings: Settings) -> bytes:
    """Return the first line of a recording, with its line end."""
    return (
        _ENCODER.encode(Header(version=VERSION, draft=site_probes.inventory, settings=settings))
        + b"\n"
    )


def event_line(event: Recorded) -> bytes:
    """Return the line of one event, with its line end."""
    return _ENCODER.encode(event) + b"\n"


def read(lines: Iterable[bytes | str]) -> tuple[SiteProbes, Settings, Iterator[Recorded]]:
    """
    Return the header of a recording, and an iterator of its events.

    Raises:
        RecordingError: a line is invalid; also raised while iterating over the events.
    """
    numbered = enumerate(lines, start=1)
    first = next(numbered, None)
    if first is None:
        raise RecordingError(Localizable("line 1: the recording is empty"))
    header = _decoded(*first)
    if not isinstance(header, Header):
        raise RecordingError(Localizable("line 1: a recording begins with its header"))
    if header.version != VERSION:
        other = Localizable(
            "line 1: version {version}; only {known} can be read",
            version=header.version,
            known=VERSION,
        )
        raise RecordingError(other)
    draft = header.draft
    site_probes = site_probes_from(draft.links, draft.targets, draft.probes)
    return site_probes, header.settings, _events(numbered)


def with_ticks(events: Iterable[Recorded]) -> Iterator[Recorded]:
    """
    Yield events with a tick for every second without one: the engine depends on them.
    """
    ticked_ns: int | None = None
    for event in events:
        if isinstance(event, Tick) or ticked_ns is None:
            ticked_ns = event.boottime_ns
        else:
            while event.boottime_ns - ticked_ns > 2 * NS_PER_S:
                ticked_ns += NS_PER_S
                yield Tick(boottime_ns=ticked_ns)
        yield event


def _events(numbered: Iterable[tuple[int, bytes | str]]) -> Iterator[Recorded]:
    for number, line in numbered:
        if not line.strip():
            continue
        event = _decoded(number, line)
        if isinstance(event, Header):
            second = Localizable(
                "line {number}: a second header; one recording a file", number=number
            )
            raise RecordingError(second)
        yield event


def _decoded(number: int, line: bytes | str) -> Header | Recorded:
    try:
        return _LINE.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        wrong = Localizable("line {number}: {why}", number=number, why=str(error))
        raise RecordingError(wrong) from error
