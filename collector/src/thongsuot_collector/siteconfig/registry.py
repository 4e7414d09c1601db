"""
Registry of site configurations: the newest of each site, for answers to pushes, and the version
reported by each agent.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterator

import msgspec
from msgspec import structs
from sqlalchemy import Engine

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.journal.entry import JournalEntry
from thongsuot_collector.siteconfig.derive import derive_config
from thongsuot_collector.siteconfig.rollout import RolloutStatus, rollout_status
from thongsuot_collector.store import site_configs
from thongsuot_collector.store.site_configs import AgentConfigStatus, ConfigVersion
from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.batch.push import NO_SITE_CONFIG
from thongsuot_schema.siteconfig.codec import (
    LARGEST_BYTES,
    RunningConfig,
    encode,
    parse_running_config,
    short_digest,
)
from thongsuot_schema.siteconfig.model import OfferedConfig

_log = logging.getLogger(__name__)

_SYNC_EVERY_S = 2.0
"""Reports that a crash may lose; agents repeat them with the next push."""

_LOGGED = 4
"""Maximum log lines for one batch; a correct one causes one."""

_CONFIG_NOTICES = {NoticeCode.CONFIG_REJECTED, NoticeCode.CONFIG_APPLIED}


class SiteConfigRegistry:
    """
    Versions of site configurations, in memory, because every push is compared with them.

    Only digests of the contents are stored: the content follows from the inventory, and is
    generated when it has to be sent. ``is_shared``: other collectors also write the store;
    ``makes_versions``: false if another of them makes versions from the same inventory.
    """

    def __init__(
        self,
        store: Engine,
        directory: InventoryDirectory,
        *,
        is_offering: bool = True,
        is_shared: bool = False,
        makes_versions: bool = True,
    ) -> None:
        self._is_shared = is_shared
        self._store = store
        self._makes_versions = makes_versions
        self._is_offering = is_offering
        self._directory = directory
        self._made: dict[str, ConfigVersion] = {}
        self._runs: dict[str, AgentConfigStatus] = {}
        self._unsaved: set[str] = set()
        self._mark: tuple[int, int, int] | None = None
        """Of the versions in the store that are in memory; ``None``: read them again."""

    def of(self, site: str) -> tuple[ConfigVersion | None, AgentConfigStatus | None]:
        """
        Return the newest site configuration of a site, and its agent's last report about site
        configurations.
        """
        return self._made.get(site), self._runs.get(site)

    def rollout_status(self, site: str) -> RolloutStatus:
        """Return the rollout status of a site."""
        return rollout_status(self._made.get(site), self._runs.get(site))

    def count_by_status(self) -> Counter[RolloutStatus]:
        """Return the number of sites by rollout status."""
        return Counter(self.rollout_status(site) for site in self._made)

    def offer_for(self, site: str, header: str) -> msgspec.Raw:
        """
        Return the site configuration for the answer to a push, given its header; usually none.
        """
        running = parse_running_config(header)
        self._record_running(site, running)
        newest = self._made.get(site) if self._is_offering else None
        if (
            newest is None
            or running is None
            or newest.version in {running.version, running.refused}
        ):
            return NO_SITE_CONFIG
        content = encode(derive_config(self._directory.site(site), self._directory))
        # During a reload of the inventory, number and content may not match.
        if short_digest(content) != newest.digest or len(content) > LARGEST_BYTES:
            return NO_SITE_CONFIG
        offer = OfferedConfig(
            number=newest.number, made_ns=newest.made_ns, content=msgspec.Raw(content)
        )
        return msgspec.Raw(msgspec.json.encode(offer))

    async def load(self) -> None:
        """Load the store, and apply changes of the inventory since."""
        self._runs = await asyncio.to_thread(site_configs.runs, self._store)
        await self.regenerate(by="", detail="as the collector started")

    async def regenerate(self, *, by: str, detail: str, is_known: bool = False) -> int:
        """
        Make new versions for changed site configurations; returns how many.

        ``by`` and ``detail`` are for the audit log, which gets a line if there are any, or if the
        inventory is known to have changed.
        """
        versions, fresh = await asyncio.to_thread(self._versions)
        if fresh or (is_known and self._makes_versions):
            detail = f"{detail}; new site configurations: {len(fresh)} sites"
            await asyncio.to_thread(site_configs.put, self._store, fresh, by=by, detail=detail)
        for config in fresh:
            _log.info("site configuration made site=%s version=%s", config.site, config.version)
        self._made = versions
        # They were read before others may have made more.
        self._mark = None
        return len(fresh)

    async def refresh(self) -> None:
        """Load versions made by the command line or by the leading collector."""
        mark = await asyncio.to_thread(site_configs.change_mark, self._store)
        if mark != self._mark or not self._makes_versions:
            # Reading those of ten thousand sites takes 40 ms of CPU (2026-12).
            kept = await asyncio.to_thread(site_configs.newest, self._store)
            if not self._makes_versions:
                self._made = {site: kept[site] for site in self._directory.sites if site in kept}
            for site, newest in self._made.items():
                self._made[site] = kept.get(site, newest)
            self._mark = mark
        if self._is_shared:
            # Agents report to any of the collectors.
            stored = await asyncio.to_thread(site_configs.runs, self._store)
            unsaved = {site: self._runs[site] for site in self._unsaved}
            self._runs = stored | unsaved

    async def apply_batch(self, entry: JournalEntry, columns: Columns) -> None:
        """Record a batch's notices about site configurations: why one is not run."""
        heard: set[tuple[NoticeCode, str]] = set()
        for notice in columns.notices:
            if notice.code in _CONFIG_NOTICES:
                version, _, reason = notice.text.partition(" ")
                heard.add((notice.code, notice.text))
                run = self._runs.get(entry.site)
                if run is not None and reason and run.refused in {"", version}:
                    self._put(structs.replace(run, refused=version, reason=reason))
        for code, text in sorted(heard)[:_LOGGED]:
            _log.info("site configuration site=%s %s: %s", entry.site, code, text)

    async def sync_forever(self) -> None:
        """Save agents' reports, and load versions made by the command line, until cancelled."""
        while True:
            await asyncio.sleep(_SYNC_EVERY_S)
            await self.save()
            await self.refresh()

    async def save(self) -> None:
        """Save agents' reports since the last call."""
        unsaved, self._unsaved = self._unsaved, set()
        if not unsaved:
            return
        runs = [self._runs[site] for site in sorted(unsaved)]
        try:
            await asyncio.to_thread(site_configs.put_runs, self._store, runs)
        except BaseException:
            self._unsaved |= unsaved
            raise

    def _record_running(self, site: str, running: RunningConfig | None) -> None:
        before = self._runs.get(site)
        if running is None:
            if before is None or before.is_accepting:
                self._put(AgentConfigStatus(site=site, is_accepting=False))
            return
        version, refused, reason = running.version, running.refused, ""
        if before is not None:
            if before.is_accepting and (before.version, before.refused) == (version, refused):
                return
            # The notice may be processed before or after its header.
            reason = before.reason if before.refused == refused else ""
        self._put(AgentConfigStatus(site=site, version=version, refused=refused, reason=reason))

    def _put(self, run: AgentConfigStatus) -> None:
        self._runs[run.site] = structs.replace(run, changed_ns=time.time_ns())
        self._unsaved.add(run.site)

    def _versions(self) -> tuple[dict[str, ConfigVersion], list[ConfigVersion]]:
        """Return the newest version of each site of the inventory, and those that are new."""
        known = site_configs.newest(self._store)
        versions: dict[str, ConfigVersion] = {}
        fresh: list[ConfigVersion] = []
        for site, digest in self._digests():
            before = known.get(site)
            if not self._makes_versions:
                if before is not None:
                    versions[site] = before
                continue
            if before is None or before.digest != digest:
                number = 1 if before is None else before.number + 1
                before = ConfigVersion(
                    site=site, number=number, digest=digest, made_ns=time.time_ns()
                )
                fresh.append(before)
            versions[site] = before
        return versions, fresh

    def _digests(self) -> Iterator[tuple[str, str]]:
        directory = InventoryDirectory(self._directory.inventory, self._directory.networks)
        for site in directory.sites.values():
            content = encode(derive_config(site, directory))
            if len(content) > LARGEST_BYTES:
                _log.error(
                    "cannot send site configuration of site=%s (%d bytes): at most %d; "
                    "configure fewer targets for it",
                    site.name,
                    len(content),
                    LARGEST_BYTES,
                )
            yield site.name, short_digest(content)
