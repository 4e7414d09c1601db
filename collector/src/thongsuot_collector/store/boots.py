"""The boot times of devices, as known by the collector."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import Engine, delete, select

from thongsuot_collector.store.tables import BOOTS
from thongsuot_collector.store.upsert import upsert


class DeviceBoot(msgspec.Struct, frozen=True, kw_only=True):
    """
    One boot of a site's device: the wall time of its boottime 0, and the time of its last push.
    """

    site: str
    boot_id: str
    epoch_ns: int
    heard_ns: int


def put(engine: Engine, boots: Iterable[DeviceBoot], *, forget_before_ns: int) -> None:
    """Store boots, replacing existing ones; delete those without pushes since a time."""
    rows = [msgspec.structs.asdict(boot) for boot in boots]
    with engine.begin() as connection:
        if rows:
            new = upsert(connection, BOOTS)
            connection.execute(
                new.on_conflict_do_update(
                    index_elements=["site", "boot_id"],
                    set_={"epoch_ns": new.excluded.epoch_ns, "heard_ns": new.excluded.heard_ns},
                ),
                rows,
            )
        connection.execute(delete(BOOTS).where(BOOTS.c.heard_ns < forget_before_ns))


def all_known(engine: Engine) -> list[DeviceBoot]:
    """Return every stored boot."""
    with engine.connect() as connection:
        return [DeviceBoot(**row) for row in connection.execute(select(BOOTS)).mappings()]
