"""Connecting to PostgreSQL: URLs, passwords that no message shows, and ends to every wait."""

import threading
from pathlib import Path

import psycopg
import pytest

from tests.postgres import PASSWORD, PostgresServer
from thongsuot_collector.postgresql import PostgresDatabase, abort, url_mistake

GOOD = "postgresql+psycopg://collector@/thongsuot?host=/run/postgresql"


@pytest.mark.parametrize(
    "url",
    [
        GOOD,
        "postgresql://collector@localhost/thongsuot",
        "postgresql+psycopg://collector@127.0.0.1:5433,[::1]:5432/thongsuot",
        "postgresql+psycopg://c@db1.city,db2.city/thongsuot?sslmode=verify-full",
    ],
)
def test_a_url_that_says_where_and_how_is_right(url: str) -> None:
    assert url_mistake(url) == ""


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("sqlite:///journal.sqlite", "a database is named as in"),
        ("postgresql+psycopg://collector@localhost", "names no database"),
        ("postgresql+psycopg://collector@localhost/t?sslmod=require", "sslmod"),
        ("postgresql+psycopg://collector@db1.city/thongsuot", "sslmode=verify-full"),
        ("postgresql+psycopg://c@127.0.0.1,10.0.0.7/thongsuot", "on the way to 10.0.0.7"),
    ],
)
def test_a_url_that_cannot_work_is_refused_with_what_to_do(url: str, complaint: str) -> None:
    assert complaint in url_mistake(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://c:sesame-open@db1.city/thongsuot",  # no secret: made up
        "postgresql+psycopg://c:sesame-open@h1,h2:x:y/thongsuot",  # no secret: made up
        "postgresql+psycopg:///thongsuot?user=c&password=sesame-open",
        "postgresql+psycopg:///thongsuot?sslpassword=sesame-open",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    complaint = url_mistake(url)
    assert "password_file" in complaint
    assert "sesame" not in complaint


def test_urls_that_libpq_cannot_read_are_not_repeated_either() -> None:
    complaint = url_mistake("postgresql+psycopg://c:sesame/open@db1,db2:5432x/thongsuot")
    assert complaint
    assert "sesame" not in complaint


def test_a_password_that_cannot_be_read_is_reported_with_its_file(tmp_path: Path) -> None:
    assert str(tmp_path / "none") in url_mistake(GOOD, str(tmp_path / "none"))
    (tmp_path / "empty").write_text("\n")
    assert "empty" in url_mistake(GOOD, str(tmp_path / "empty"))
    (tmp_path / "good").write_text("sesame\n")
    assert url_mistake(GOOD, str(tmp_path / "good")) == ""


@pytest.mark.servers
def test_a_password_is_read_for_each_connection_and_in_no_message(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("wrong-password")
    url = f"{postgres.tcp_url()}?connect_timeout=60"
    database = PostgresDatabase(url=url, password_file=str(file))
    with pytest.raises(psycopg.OperationalError) as refused:
        database.connect()
    assert "authentication failed" in database.message_of(refused.value)
    assert database.message_of(ValueError("sent wrong-password there")) == "sent *** there"
    file.write_text(PASSWORD + "\n", "utf-8")
    with database.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert PASSWORD not in repr(database)


@pytest.mark.servers
def test_both_ends_of_a_connection_give_up_a_machine_that_is_cut_off_within_seconds(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(PASSWORD, "utf-8")
    database = PostgresDatabase(
        url=postgres.tcp_url() + "?options=-c%20work_mem%3D5MB",
        password_file=str(tmp_path / "password"),
        schema="journal",
        application="a collector",
    )
    with database.connect() as connection:
        wanted = {
            "tcp_user_timeout": "3000",
            "tcp_keepalives_idle": "2",
            "lock_timeout": "10s",
            "idle_in_transaction_session_timeout": "10s",
            "synchronous_commit": "on",
            "search_path": "journal",
            "application_name": "a collector",
            "work_mem": "5MB",
        }
        for name, value in wanted.items():
            shown = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
            assert shown == (value,), name
        client = connection.info.get_parameters()
        assert client["tcp_user_timeout"] == "3000"
        assert client["connect_timeout"] == "3"


@pytest.mark.servers
def test_limits_that_an_administrator_has_set_for_the_database_do_not_apply(
    postgres: PostgresServer,
) -> None:
    """Each made appends fail: those that wait for their turn, or the first after a pause."""
    url = postgres.new_database()
    expected = {
        "statement_timeout": ("300ms", "0"),
        "idle_session_timeout": ("300ms", "0"),
        "transaction_timeout": ("300ms", "0"),
        "idle_in_transaction_session_timeout": ("300ms", "2min"),  # that of the tests' URL
        "lock_timeout": ("300ms", "10s"),
        "default_transaction_isolation": ("serializable", "read committed"),
        "synchronous_commit": ("off", "on"),
    }
    name = url.partition("?")[0].rpartition("/")[2]
    known = {row[0] for row in postgres.execute("SELECT name FROM pg_settings")}
    tried = {setting: values for setting, values in expected.items() if setting in known}
    for setting, (limit, _) in tried.items():
        postgres.execute(f"ALTER DATABASE {name} SET {setting} = '{limit}'")
    with PostgresDatabase(url=url).connect() as connection:
        for setting, (_, value) in tried.items():
            shown = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
            assert shown == (value,), setting


@pytest.mark.servers
def test_a_connection_that_waits_is_ended_from_another_thread(postgres: PostgresServer) -> None:
    connection = PostgresDatabase(url=postgres.url()).connect(autocommit=True)
    threading.Timer(0.2, abort, (connection,)).start()
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT pg_sleep(3600)")
    assert connection.closed
    abort(connection)  # it has ended: nothing happens
