"""
Watch: an edited inventory takes effect without a restart; one with errors is reported and ignored.

The folder is checked every two seconds. Changes are read only after two checks with the same state:
copying several files can finish.
"""

import asyncio
import logging
import os
import pwd
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.metrics import Metrics
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_schema.errors import DocumentError
from thongsuot_schema.inventory.model import Inventory
from thongsuot_schema.localizable import Localizable

_log = logging.getLogger(__name__)

POLL_EVERY_S = 2.0

Signature = Mapping[str, tuple[int, int, int, int]]
"""Of each file: inode, size, time of change, owner."""

Changed = Callable[[str, str], Awaitable[None]]
"""Called after a change of the inventory with its author and content, for the audit log."""


class InventoryWatch:
    """Reads the inventory again when its files change; the directory is renewed in place."""

    def __init__(
        self,
        folder: Path,
        directory: InventoryDirectory,
        *,
        read: Callable[[], InventoryDirectory],
        changed: Changed,
        metrics: Metrics,
        poll_every_s: float = POLL_EVERY_S,
    ) -> None:
        self._folder = folder
        self._directory = directory
        self._read = read
        self._changed = changed
        self._metrics = metrics
        self._poll_every_s = poll_every_s
        self._accepted = directory.inventory
        self._last: Signature | None = None
        self._done: Signature | None = None

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            await self.poll()
            await asyncio.sleep(self._poll_every_s)

    async def poll(self) -> None:
        """Check once; read changes that have been stable since the last check."""
        now = await asyncio.to_thread(signature_of, self._folder)
        before, self._last = self._last, now
        if now is None or now == self._done or now != before:
            return
        try:
            fresh = await asyncio.to_thread(self._read_changed, now)
        except ConfigInvalid as error:
            self._done = now
            for mistake in error.mistakes:
                _log.error(
                    "cannot load the changed inventory: %s; the previous one stays in force",
                    mistake,
                )
            self._metrics.inventory_refused.set(1)
            self._metrics.inventory_readings.labels("refused").inc()
            return
        old = self._accepted
        self._directory.replace(fresh)
        if old != fresh.inventory:
            files = changed_files(self._done, now)
            difference = describe_difference(old, fresh.inventory)
            by = f"file:{owner_of(now, files)}"
            _log.info("inventory changed files=%s: %s", ",".join(files) or "-", difference)
            # Before the change counts as processed: if this fails, it is repeated.
            await self._changed(by, f"{', '.join(files) or 'inventory'}: {difference}")
            self._accepted = fresh.inventory
            self._metrics.inventory_readings.labels("taken").inc()
        self._metrics.inventory_refused.set(0)
        self._done = now

    def _read_changed(self, now: Signature) -> InventoryDirectory:
        # Anyone who empties the folder, a mount that is gone for one, does not mean to end all
        # sites.
        if self._accepted.sites and not any(name.endswith(".toml") for name in now):
            raise ConfigInvalid(
                [DocumentError(str(self._folder), 0, Localizable("no file exists there any more"))]
            )
        return self._read()


def signature_of(folder: Path) -> Signature | None:
    """
    Return the state of an inventory's files, without reading them; ``None`` if there are none.
    """
    signature: dict[str, tuple[int, int, int, int]] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith((".toml", ".csv")):
                    facts = entry.stat()
                    signature[entry.name] = (
                        facts.st_ino,
                        facts.st_size,
                        facts.st_mtime_ns,
                        facts.st_uid,
                    )
    except OSError as error:
        # A folder that is being replaced: what holds, holds on.
        _log.debug("cannot check the inventory folder=%s: %s; retrying", folder, error)
        return None
    return signature


def changed_files(before: Signature | None, now: Signature) -> list[str]:
    """
    Return the names of new, changed or removed files; none if there is nothing to compare with.
    """
    if before is None:
        return []
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))


def owner_of(now: Signature, files: Sequence[str]) -> str:
    """Return the owner of the last changed files: the system does not record who wrote them."""
    facts = [now[name] for name in (files or now) if name in now]
    if not facts:
        return "unknown"
    number = max(facts, key=lambda fact: fact[2])[3]
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def describe_difference(before: Inventory, after: Inventory) -> str:
    """Return the numbers of added, removed and changed objects of each table as text."""
    parts = []
    for table in Inventory.__struct_fields__:
        old, new = _by_name(getattr(before, table)), _by_name(getattr(after, table))
        came, went = len(new.keys() - old.keys()), len(old.keys() - new.keys())
        other = sum(new[name] != old[name] for name in new.keys() & old.keys())
        if came or went or other:
            parts.append(f"{table} +{came} -{went} ~{other}")
    return ", ".join(parts) or "order only"


def _by_name(things: Sequence[msgspec.Struct]) -> dict[object, msgspec.Struct]:
    """Return objects by name; a probe schedule by its position, because it has no name."""
    named: dict[object, msgspec.Struct] = {}
    for place, thing in enumerate(things):
        name = getattr(thing, "code", None) or getattr(thing, "name", None)
        named[name or place] = thing
    return named
