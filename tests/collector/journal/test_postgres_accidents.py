"""The journal in a PostgreSQL that is not well: locked by an administrator, or with a bad page."""

import pytest

from tests.collector.journal.journal_contract import entry
from tests.collector.journal.test_postgres import appended, database_at, opened_at
from tests.postgres import PostgresServer
from thongsuot_collector.errors import JournalRefused

pytestmark = pytest.mark.servers


async def test_a_cursor_is_not_saved_while_somebody_has_locked_the_entries(
    postgres: PostgresServer,
) -> None:
    """Or the leader would take it for proof that devices can be heard, and call them silent."""
    url = postgres.new_database()
    journal = await opened_at(url, commit_within_s=0.5)
    await journal.append(entry(1))
    with database_at(url).connect() as administrator:
        # As VACUUM FULL does, for as long as it takes.
        administrator.execute("LOCK TABLE entries IN ACCESS EXCLUSIVE MODE")
        for refused in (journal.append(entry(2)), journal.commit("incidents", 1)):
            with pytest.raises(JournalRefused):
                await refused
    await appended(journal, 2)
    await journal.commit("incidents", 1)
    assert (await journal.cursor("incidents")).sequence == 1
    await journal.close()
