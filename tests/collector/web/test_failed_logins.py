"""Guessing a password is slowed down for its source alone."""

import asyncio
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter
from starlette.exceptions import HTTPException

from tests.collector.running import collector
from thongsuot_collector.config.read import parse_configuration
from thongsuot_collector.web.failed_logins import FailedLogins
from thongsuot_runtime.config_file import ConfigInvalid

PASSWORD = "xem thôi"
GUESSES = 30


async def status(client: httpx.AsyncClient, password: str, *, address: str = "203.0.113.9") -> int:
    response = await client.get(
        "/",
        auth=httpx.BasicAuth("ai", password),
        headers={"X-Forwarded-For": address},
    )
    return response.status_code


def configured(folder: Path, listen: str = "") -> str:
    (folder / "password").write_text(PASSWORD)
    return (
        f'[listen]\naddress = "127.0.0.1:0"\n{listen}\n'
        f'[page]\npassword_file = "{folder / "password"}"\n'
    )


@pytest.mark.usefixtures("attempts_at_one_moment")
async def test_guessers_are_refused_and_earlier_visitors_continue(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with collector(tmp_path / "state", config=configured(tmp_path)) as client:
        assert await status(client, PASSWORD) == 200
        guesses = [await status(client, f"guess {number}") for number in range(GUESSES)]
        assert guesses[0] == 401
        assert guesses[-1] == 429
        refused = "too many wrong passwords from address=127.0.0.1; refused for a while"
        # One line, however many guesses: more of them would bury what else is logged.
        assert guesses.count(429) > 1
        assert [
            record.levelname for record in caplog.records if record.getMessage() == refused
        ] == ["WARNING"]
        assert "guess" not in caplog.text
        # All of them came from one address, the one of a proxy for all that is known here.
        assert await status(client, PASSWORD) == 200
        text = (await client.get("/metrics")).text
        assert f"thongsuot_collector_failed_logins_total {GUESSES:.1f}" in text


@pytest.mark.usefixtures("attempts_at_one_moment")
async def test_behind_a_trusted_proxy_each_client_counts_alone(tmp_path: Path) -> None:
    config = configured(tmp_path, 'trusted_proxies = ["127.0.0.0/8"]')
    async with collector(tmp_path / "state", config=config) as client:
        guesses = [await status(client, f"guess {number}") for number in range(GUESSES)]
        assert guesses[-1] == 429
        assert await status(client, PASSWORD) == 429
        assert await status(client, PASSWORD, address="203.0.113.10") == 200


@pytest.mark.usefixtures("attempts_at_one_moment")
async def test_the_addresses_of_one_network_count_as_one(tmp_path: Path) -> None:
    """A customer of a carrier has 2^64 addresses and could guess from another one each time."""
    config = configured(tmp_path, 'trusted_proxies = ["127.0.0.0/8"]')
    async with collector(tmp_path / "state", config=config) as client:
        guesses = [
            await status(client, "guess", address=f"2001:db8:0:1::{number:x}")
            for number in range(GUESSES)
        ]
        assert (guesses[0], guesses[-1]) == (401, 429)
        assert await status(client, "guess", address="2001:db8:0:2::1") == 401


@pytest.mark.usefixtures("attempts_at_one_moment")
async def test_a_forged_client_address_is_ignored(tmp_path: Path) -> None:
    async with collector(tmp_path / "state", config=configured(tmp_path)) as client:
        guesses = [
            await status(client, f"guess {number}", address=f"203.0.113.{number}")
            for number in range(GUESSES)
        ]
        assert guesses[-1] == 429


def test_after_a_while_the_right_password_is_taken_again() -> None:
    now_s = 1000.0
    failed = Counter("failed", "x", registry=CollectorRegistry())
    logins = FailedLogins(failed, clock=lambda: now_s)
    for number in range(GUESSES):
        try:
            logins.check("a", b"guess")
        except HTTPException:
            assert number > 10
            break
        logins.record_login("a", b"guess", is_right=False)
    with pytest.raises(HTTPException, match="429"):
        logins.check("a", b"right")
    logins.check("b", b"right")
    now_s += 60.0
    logins.check("a", b"right")


def test_a_proxy_that_is_not_a_network_is_a_mistake_with_its_line(tmp_path: Path) -> None:
    text = '[listen]\ntrusted_proxies = ["127.0.0.1", "*"]\n'
    with pytest.raises(ConfigInvalid, match=r"c\.toml:2: .*'\*'"):
        parse_configuration(text, file="c.toml", folder=tmp_path)


@pytest.mark.usefixtures("attempts_at_one_moment")
async def test_guesses_at_the_same_moment_are_counted_too(tmp_path: Path) -> None:
    async with collector(tmp_path / "state", config=configured(tmp_path)) as client:
        guesses = await asyncio.gather(
            *(status(client, f"guess {number}") for number in range(GUESSES))
        )
        assert set(guesses) == {401, 429}
