"""Where a collector keeps what has to survive it, and opening that."""

from pathlib import Path

from sqlalchemy import Engine

from thongsuot_collector.config.read import Configuration
from thongsuot_collector.errors import StoreError
from thongsuot_collector.store.engine import open_store

JOURNAL_FILE = "journal.sqlite"
STORE_FILE = "store.sqlite"


def open_state_store(configuration: Configuration, *, accept_empty: bool = False) -> Engine:
    """
    Return the store of a collector: in the database that it shares, or in its state folder.

    Raises:
        StoreError: see ``open_database`` and ``open_embedded_store``.
    """
    shared, state_dir = configuration.settings.store, configuration.state_dir
    if not shared.url:
        return open_embedded_store(state_dir, accept_empty=accept_empty)
    from thongsuot_collector.store.postgresql import open_database  # noqa: PLC0415 - the driver

    is_moving = (state_dir / STORE_FILE).exists()
    return open_database(shared.database, may_be_new=accept_empty or not is_moving)


def open_embedded_store(state_dir: Path, *, accept_empty: bool = False) -> Engine:
    """
    Return the store of a state folder.

    Raises:
        StoreError: see ``open_store``; or there is a journal and no store: somebody's tokens are
            gone, and an empty store would refuse every agent.
    """
    store, journal = state_dir / STORE_FILE, state_dir / JOURNAL_FILE
    recovered = store.with_name(store.name + ".recovered")
    if journal.exists() and not store.exists() and not recovered.exists() and not accept_empty:
        raise StoreError(
            f"there is a journal in {state_dir}, and no store ({STORE_FILE}): put it back "
            "from a backup, or run `thongsuot-collector run --accept-empty-store`: every agent "
            "then needs a new token, and every person a new password"
        )
    return open_store(store, accept_empty=accept_empty)
