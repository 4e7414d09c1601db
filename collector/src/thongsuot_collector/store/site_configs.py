"""Versions of site configurations in the store, and the versions reported by agents."""

import time
from collections.abc import Iterable

import msgspec
from sqlalchemy import Engine, bindparam, delete, func, insert, select

from thongsuot_collector.errors import StoreError
from thongsuot_collector.store import audit
from thongsuot_collector.store.tables import SITE_CONFIG_RUNS, SITE_CONFIGS
from thongsuot_schema.localizable import Localizable


class ConfigVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The newest version of a site's configuration: ``digest`` is of its content, in hex."""

    site: str
    number: int
    digest: str
    made_ns: int

    @property
    def version(self) -> str:
        """Its name."""
        return f"{self.number}-{self.digest}"


class AgentConfigStatus(msgspec.Struct, frozen=True, kw_only=True):
    """
    An agent's last report: the version that it runs (empty: only its settings file), the newest
    that it refused and why. ``is_taking`` is false for an agent that accepts no site
    configurations.
    """

    site: str
    is_accepting: bool = True
    version: str = ""
    refused: str = ""
    reason: str = ""
    changed_ns: int = 0


def newest(engine: Engine) -> dict[str, ConfigVersion]:
    """Return the newest version of each site's configuration."""
    with engine.connect() as connection:
        rows = connection.execute(select(SITE_CONFIGS)).mappings()
        return {row["site"]: ConfigVersion(**row) for row in rows}


def change_mark(engine: Engine) -> tuple[int, int, int]:
    """Return a value that differs after any version was made: numbers of a site only grow."""
    columns = SITE_CONFIGS.c
    wanted = select(
        func.count(),
        func.coalesce(func.sum(columns.number), 0),
        func.coalesce(func.max(columns.made_ns), 0),
    ).select_from(SITE_CONFIGS)
    with engine.connect() as connection:
        count, numbers, made_ns = connection.execute(wanted).one()
    return int(count), int(numbers), int(made_ns)


def put(engine: Engine, versions: Iterable[ConfigVersion], *, by: str, detail: str) -> None:
    """Store versions made from the inventory, with a line in the audit log."""
    with engine.begin() as connection:
        for config in versions:
            connection.execute(delete(SITE_CONFIGS).where(SITE_CONFIGS.c.site == config.site))
            connection.execute(insert(SITE_CONFIGS).values(**msgspec.structs.asdict(config)))
        audit.write(
            connection, audit.AuditAction.INVENTORY_CHANGED, "inventory", by=by, detail=detail
        )


def renew(engine: Engine, site: str) -> ConfigVersion:
    """
    Make a new version of a site's present configuration, so that an agent that refused it tries it
    again.

    Raises:
        StoreError: the site has no site configuration.
    """
    with engine.begin() as connection:
        row = connection.execute(select(SITE_CONFIGS).where(SITE_CONFIGS.c.site == site)).mappings()
        row_before = row.first()
        if row_before is None:
            raise StoreError(
                Localizable(
                    "site {site} has no site configuration; the inventory does not have it",
                    site=site,
                )
            )
        before = ConfigVersion(**row_before)
        renewed = msgspec.structs.replace(before, number=before.number + 1, made_ns=time.time_ns())
        connection.execute(delete(SITE_CONFIGS).where(SITE_CONFIGS.c.site == site))
        connection.execute(insert(SITE_CONFIGS).values(**msgspec.structs.asdict(renewed)))
        audit.write(connection, audit.AuditAction.SITE_CONFIG_RENEWED, site, detail=renewed.version)
    return renewed


def runs(engine: Engine) -> dict[str, AgentConfigStatus]:
    """Return the last report of each site's agent."""
    with engine.connect() as connection:
        rows = connection.execute(select(SITE_CONFIG_RUNS)).mappings()
        return {row["site"]: AgentConfigStatus(**row) for row in rows}


def put_runs(engine: Engine, statuses: Iterable[AgentConfigStatus]) -> None:
    """Store agents' reports; after a start those of all agents."""
    rows = [msgspec.structs.asdict(status) for status in statuses]
    if not rows:
        return
    with engine.begin() as connection:
        known = SITE_CONFIG_RUNS.c.site == bindparam("known")
        connection.execute(
            delete(SITE_CONFIG_RUNS).where(known), [{"known": row["site"]} for row in rows]
        )
        connection.execute(insert(SITE_CONFIG_RUNS), rows)
