"""``person`` as an administrator uses it beside a running collector."""

from pathlib import Path

import pytest

from tests.collector.command_line import run_command
from tests.collector.web.sign_in.browsers import browser, where
from tests.collector.web.sign_in.city import city, set_up_second_factor
from thongsuot_collector.store import second_factors, sessions


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "city.toml").write_text(
        '[[carriers]]\nname = "vnpt"\ntitle = "VNPT"\n', encoding="utf-8"
    )
    path = tmp_path / "collector.toml"
    path.write_text('state_dir = "state"\ninventory_dir = "inventory"\n', encoding="utf-8")
    return path


async def person(config: Path, *words: str) -> str:
    status, text = await run_command("person", *words, "--config", config)
    assert status == 0, text
    return text


async def test_people_who_have_lost_their_telephone_set_up_another_one(
    config: Path, tmp_path: Path
) -> None:
    async with city(tmp_path) as running, browser(running.base) as lan:
        password = running.person()
        await lan.sign_in("lan", password)
        await set_up_second_factor(lan, password)
        line = (await person(config, "list")).splitlines()[1]
        assert "city-engineer  yes" in line
        await person(config, "reset-second-factor", "lan")
        assert where(await lan.get("/account")).startswith("/sign-in"), "it may be a finder's"
        assert where(await lan.sign_in("lan", password)) == "/"
        assert second_factors.secret_of(running.store, "lan") is None
        status, text = await run_command("person", "reset-second-factor", "lan", "--config", config)
        assert status == 1
        assert "has no second factor" in text


async def test_sessions_are_listed_and_ended_one_or_all(config: Path, tmp_path: Path) -> None:
    async with (
        city(tmp_path) as running,
        browser(running.base) as here,
        browser(running.base) as there,
    ):
        password = running.person()
        await here.sign_in("lan", password)
        here_id = sessions.listed(running.store, "lan")[0].id
        await there.sign_in("lan", password)
        shown = await person(config, "sessions", "lan")
        assert shown.count("Firefox") == 2
        assert here_id in shown
        assert "tss_" not in shown
        status, text = await run_command(
            *("person", "sign-out", "minh", "--session", here_id, "--config", config)
        )
        assert (status, "there is no session" in text) == (1, True)
        await person(config, "sign-out", "lan", "--session", here_id)
        assert where(await here.get("/account")).startswith("/sign-in")
        assert (await there.get("/account")).status_code == 200
        assert await person(config, "sign-out", "lan") == "lan: 1 sessions ended\n"
        assert where(await there.get("/account")).startswith("/sign-in")


async def test_another_role_is_given_at_once_and_only_one_that_there_is(
    config: Path, tmp_path: Path
) -> None:
    async with city(tmp_path) as running, browser(running.base) as lan:
        password = running.person()
        await lan.sign_in("lan", password)
        await person(config, "change", "lan", "--role", "carrier", "--scope", "vnpt")
        assert where(await lan.get("/account")).startswith("/sign-in")
        await lan.sign_in("lan", password)
        assert (await lan.get("/account")).status_code == 404
        await assert_refused(config, "change", "lan", "--role", "carrier", "--scope", "vnp")
        await assert_refused(config, "change", "nobody", "--role", "city-reader")
        assert "person_changed" in running.done()


async def test_a_removed_person_who_comes_back_brings_no_second_factor_of_before(
    config: Path, tmp_path: Path
) -> None:
    async with city(tmp_path) as running, browser(running.base) as lan:
        await lan.sign_in("lan", password := running.person())
        await set_up_second_factor(lan, password)
        await person(config, "remove", "lan")
        assert where(await lan.get("/account")).startswith("/sign-in")
        again = (await person(config, "add", "lan")).strip()
        assert where(await lan.sign_in("lan", again)) == "/"


async def test_a_new_password_does_not_take_the_second_factor_away(
    config: Path, tmp_path: Path
) -> None:
    async with city(tmp_path) as running, browser(running.base) as lan:
        await lan.sign_in("lan", password := running.person())
        await set_up_second_factor(lan, password)
        again = (await person(config, "add", "lan")).strip()
        assert where(await lan.sign_in("lan", again)).startswith("/sign-in/code")


async def assert_refused(config: Path, *words: str) -> None:
    status, text = await run_command("person", *words, "--config", config)
    assert status in {1, 2}, text
