"""Which server of a URL is used, and servers that cannot be used although they answer."""

import socket
import time
from pathlib import Path

import psycopg
import pytest

from tests.collector.app.process import CollectorProcess
from tests.collector.journal.test_postgres import name_of
from tests.pgbouncer import pgbouncer
from tests.ports import free_port
from tests.postgres import USER, PostgresServer
from thongsuot_collector.postgresql import PostgresDatabase
from thongsuot_collector.postgresql_servers import ServerChoice


@pytest.mark.servers
async def test_a_collector_behind_a_pooler_does_not_start_and_leaves_the_database_alone(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """It made its tables in another schema, and asked to be started once."""
    url = postgres.new_database()
    with pgbouncer(postgres, mode="transaction") as port:
        pooled = f"postgresql+psycopg://{USER}@127.0.0.1:{port}/{name_of(url)}"
        places = f'[journal]\nurl = "{pooled}"\n[store]\nurl = "{pooled}"\n'
        collector = CollectorProcess(tmp_path, places)
        with pytest.raises(AssertionError, match=rf"port {port}: this is a connection pooler"):
            await collector.start()
        assert await collector.end() != 0
    tables = "SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'journal')"
    assert postgres.execute(tables, database=name_of(url)) == []


@pytest.mark.servers
def test_a_pooler_is_refused_also_when_it_lends_whole_sessions(postgres: PostgresServer) -> None:
    """The settings of a session are lost there."""
    with pgbouncer(postgres, mode="session") as port:
        database = PostgresDatabase(url=f"postgresql://{USER}@127.0.0.1:{port}/postgres")
        with pytest.raises(psycopg.OperationalError, match="connection pooler"):
            database.connect()


@pytest.mark.servers
def test_a_standby_is_refused_by_name_whatever_the_url_asks_for(
    own_pair: tuple[PostgresServer, PostgresServer],
) -> None:
    _, standby = own_pair
    for wanted in ("any", "read-write"):
        database = PostgresDatabase(url=f"{standby.url()}&target_session_attrs={wanted}")
        with pytest.raises(
            psycopg.OperationalError, match=f"port {standby.port}: this server is a standby"
        ):
            database.connect()
    place = standby.url().partition("?")[0]
    missing = free_port()
    several = (
        f"{place}?host=127.0.0.1,{standby.folder}&port={missing},{standby.port}&connect_timeout=60"
    )
    with pytest.raises(psycopg.OperationalError, match=rf"{missing}.*refused; .* is a standby"):
        PostgresDatabase(url=several).connect()


@pytest.mark.servers
def test_a_server_that_only_reads_is_not_taken(postgres: PostgresServer) -> None:
    url = postgres.new_database()
    postgres.execute(f"ALTER DATABASE {name_of(url)} SET default_transaction_read_only = on")
    with pytest.raises(psycopg.OperationalError, match="default_transaction_read_only is on"):
        PostgresDatabase(url=f"{url}&target_session_attrs=any").connect()


@pytest.mark.servers
def test_a_server_that_does_not_answer_costs_the_first_connection_alone(
    postgres: PostgresServer,
) -> None:
    # Its kernel takes the connection, and nobody ever says a word: as behind a dead machine.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(0.05)
        ports = f"{silent.getsockname()[1]},{postgres.port}"
        url, _, place = postgres.url().partition("?host=")
        hosts = f"127.0.0.1,{place.partition('&')[0]}"
        database = PostgresDatabase(url=f"{url}?host={hosts}&port={ports}&connect_timeout=2")
        for _ in range(3):
            with database.connect() as connection:
                assert connection.info.port == postgres.port
        with silent.accept()[0]:
            pass
        with pytest.raises(TimeoutError):
            silent.accept()


def test_the_last_server_that_accepted_is_first_and_silent_ones_are_left_out() -> None:
    first, second = {"host": "a"}, {"host": "b"}
    choice = ServerChoice([first, second])
    assert choice.order(0.0) == [first, second]
    choice.note_failure(first, asked_s=0.0, failed_s=3.0)
    choice.note_success(second)
    assert choice.order(4.0) == [second]
    # It has refused, so it is there, and the other one may be well again.
    choice.note_failure(second, asked_s=4.0, failed_s=4.1)
    assert choice.order(5.0) == [second]
    assert choice.order(6.5) == [second, first]
    choice.note_failure(second, asked_s=6.5, failed_s=9.5)
    choice.note_failure(first, asked_s=9.5, failed_s=12.5)
    assert choice.order(12.0) == [second, first], "where none answers all are asked"


def test_a_server_that_lost_a_connection_in_silence_comes_last_from_then_on() -> None:
    first, second = {"host": "a"}, {"host": "b"}
    choice = ServerChoice([first, second])
    choice.note_success(first)
    choice.note_lost(asked_s=0.0, lost_s=0.1)
    assert choice.order(0.2) == [first, second], "it was restarted, and is there"
    choice.note_lost(asked_s=0.0, lost_s=3.3)
    assert choice.order(3.4) == [second]
    # The other one is no primary yet: it is asked again and again, and first.
    choice.note_failure(second, asked_s=3.4, failed_s=3.5)
    assert choice.order(6.4) == [second, first]
    assert choice.was_silent(first)
    # No route to it, says the kernel at once: that is no answer.
    choice.note_failure(first, asked_s=6.4, failed_s=6.5)
    assert choice.was_silent(first)
    assert choice.order(6.6) == [second, first]
    choice.note_answer(first)
    assert not choice.was_silent(first)
    assert choice.order(6.7) == [first, second]


def test_a_server_that_was_silent_has_to_accept_before_it_is_waited_for() -> None:
    database = PostgresDatabase(url=f"postgresql://c@127.0.0.1:{free_port()}/t?sslmode=disable")
    with pytest.raises(psycopg.OperationalError, match="refused"):
        database.connect()
    database.note_lost(asked_s=time.monotonic() - 10.0)
    with pytest.raises(psycopg.OperationalError, match="still no answer"):
        database.connect()
