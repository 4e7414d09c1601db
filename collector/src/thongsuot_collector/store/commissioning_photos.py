"""Photos of labels in the store: one for each link of a commissioning run, the latest."""

import msgspec
from sqlalchemy import Engine, delete, select

from thongsuot_collector.store.site_tables import COMMISSIONING_PHOTOS, COMMISSIONING_RUNS
from thongsuot_collector.store.upsert import upsert


class StoredPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of the label of one link, with its author and time (Unix ns)."""

    link: str
    at_ns: int
    by: str
    media_type: str
    body: bytes


def save_photo(engine: Engine, site: str, run: str, photo: StoredPhoto) -> None:
    """Store a photo, replacing the previous one; delete those of deleted runs."""
    with engine.begin() as connection:
        new = upsert(connection, COMMISSIONING_PHOTOS).values(
            site=site, run=run, **msgspec.structs.asdict(photo)
        )
        connection.execute(
            new.on_conflict_do_update(
                index_elements=["site", "run", "link"],
                set_={
                    name: getattr(new.excluded, name)
                    for name in ("at_ns", "by", "media_type", "body")
                },
            )
        )
        kept = select(COMMISSIONING_RUNS.c.run).where(COMMISSIONING_RUNS.c.site == site)
        connection.execute(
            delete(COMMISSIONING_PHOTOS).where(
                COMMISSIONING_PHOTOS.c.site == site, COMMISSIONING_PHOTOS.c.run.not_in(kept)
            )
        )


def links_with_photo(engine: Engine, site: str, run: str) -> frozenset[str]:
    """Return the links of a run that have a photo."""
    wanted = select(COMMISSIONING_PHOTOS.c.link).where(
        COMMISSIONING_PHOTOS.c.site == site, COMMISSIONING_PHOTOS.c.run == run
    )
    with engine.connect() as connection:
        return frozenset(connection.execute(wanted).scalars())


def photos_of(engine: Engine, site: str, run: str, link: str = "") -> list[StoredPhoto]:
    """Return the photos of a run, by link; only those of ``link`` if it is given."""
    wanted = (
        select(COMMISSIONING_PHOTOS)
        .where(COMMISSIONING_PHOTOS.c.site == site, COMMISSIONING_PHOTOS.c.run == run)
        .order_by(COMMISSIONING_PHOTOS.c.link)
    )
    if link:
        wanted = wanted.where(COMMISSIONING_PHOTOS.c.link == link)
    with engine.connect() as connection:
        return [
            StoredPhoto(
                link=row.link, at_ns=row.at_ns, by=row.by, media_type=row.media_type, body=row.body
            )
            for row in connection.execute(wanted)
        ]
