"""
The watcher's outbox: what people were told, and what a channel has yet to accept; kept in a file.

What is in it is sent after a restart, too, and of one collector in order: whoever hears of the end
has heard of the beginning.
"""

import logging
from pathlib import Path

import msgspec

from thongsuot_collector.watch.absence import Absence, AbsenceChange

_log = logging.getLogger(__name__)


class WaitingNotification(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a collector that a channel has not accepted yet; found at a time (Unix time)."""

    collector: str
    channel: str
    change: AbsenceChange
    found_ns: int


class _Content(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """
    ``told`` are the absences that people were, or will be, notified of; ``memos`` the channels'
    memos of them, by collector and channel.
    """

    told: dict[str, Absence] = {}
    waiting: list[WaitingNotification] = []
    memos: dict[str, dict[str, str]] = {}


class WatchOutbox:
    """The content of the file; each change is written at once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._content = _read(file)

    @property
    def told(self) -> dict[str, Absence]:
        """The absences that people were, or will be, notified of, by collector."""
        return dict(self._content.told)

    def pairs(self) -> set[tuple[str, str]]:
        """Return the collectors and channels for which something waits."""
        return {(waiting.collector, waiting.channel) for waiting in self._content.waiting}

    def next_for(self, collector: str, channel: str) -> WaitingNotification | None:
        """Return the first that waits; ``None``: nothing does."""
        for waiting in self._content.waiting:
            if (waiting.collector, waiting.channel) == (collector, channel):
                return waiting
        return None

    def put(
        self, collector: str, change: AbsenceChange, channels: "list[str]", found_ns: int
    ) -> None:
        """Add a change, for each channel."""
        if change.is_over:
            self._content.told.pop(collector, None)
        else:
            self._content.told[collector] = change.absence
        self._content.waiting += [
            WaitingNotification(
                collector=collector, channel=channel, change=change, found_ns=found_ns
            )
            for channel in channels
        ]
        self._save()

    def memo(self, collector: str, channel: str) -> str | None:
        """Return a channel's memo of an absence."""
        return self._content.memos.get(collector, {}).get(channel)

    def set_memo(self, collector: str, channel: str, memo: str) -> None:
        """Keep a channel's memo for its next notification of the same absence."""
        self._content.memos.setdefault(collector, {})[channel] = memo
        self._save()

    def remove(self, done: WaitingNotification) -> None:
        """Remove what a channel has accepted, or refused for good."""
        self._content.waiting.remove(done)
        if done.change.is_over:
            self._content.memos.get(done.collector, {}).pop(done.channel, None)
        self._save()

    def _save(self) -> None:
        half = self._file.with_name(self._file.name + ".tmp")
        try:
            half.write_bytes(msgspec.json.encode(self._content))
            half.replace(self._file)
        except OSError as error:
            _log.warning(
                "cannot write %s: %s; after a restart people may be notified twice, or not of what "
                "waits now",
                half,
                error,
            )


def _read(file: Path) -> _Content:
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return _Content()
    except OSError as error:
        _log.warning("cannot read %s: %s; people may be notified twice", file, error)
        return _Content()
    try:
        return msgspec.json.decode(data, type=_Content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass  # until 2026-12 the file had the absences alone
    try:
        return _Content(told=msgspec.json.decode(data, type=dict[str, Absence]))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        _log.warning("cannot read %s: %s; people may be notified twice", file, error)
        return _Content()
