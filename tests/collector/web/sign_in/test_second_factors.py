"""A second factor: set up by its owner, asked for from then on, and each code good once."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.collector.web.sign_in.browsers import browser, hidden_fields, where
from tests.collector.web.sign_in.city import (
    city,
    codes_in,
    next_code,
    secret_in,
    set_up_second_factor,
)
from thongsuot_collector.store import second_factors
from thongsuot_collector.store.people import PersonRole


async def test_a_second_factor_is_set_up_and_asked_for_from_then_on(tmp_path: Path) -> None:
    async with (
        city(tmp_path) as running,
        browser(running.base) as here,
        browser(running.base) as there,
    ):
        password = running.person()
        await here.sign_in("lan", password)
        page = await here.get("/me/second-factor")
        assert 'src="data:image/svg+xml' in page.text
        wrong = await here.fill(page, "/me/second-factor", {"code": "000000", "password": password})
        assert wrong.status_code == 422
        assert secret_in(wrong.text) == secret_in(page.text), "the app need not be set up again"
        stolen = await here.fill(page, "/me/second-factor", {"code": "000000", "password": "x"})
        assert "Mật khẩu hiện tại" in stolen.text
        secret, codes = await set_up_second_factor(here, password)
        assert len(codes) == 10
        assert (await here.get("/account")).status_code == 200
        asked = where(await there.sign_in("lan", password, "/sign-in?next=/account"))
        assert asked == "/sign-in/code?lang=vi&next=%2Faccount"
        assert where(await there.get("/account")).startswith("/sign-in"), (
            "the password is not enough"
        )
        page = await there.get(asked)
        assert (await there.fill(page, "/sign-in/code", {"code": "000000"})).status_code == 422
        sent = {"code": next_code(secret)}
        before = there.client.cookies["thongsuot"]
        # Two tabs at the same moment: one of them is in. The other's code is used up, or its
        # session has another name by then and it begins again.
        both = await asyncio.gather(
            *(there.send(asked, hidden_fields(page.text, "/sign-in/code") | sent) for _ in range(2))
        )
        is_in = [
            answer.status_code == 303 and not where(answer).startswith("/sign-in")
            for answer in both
        ]
        assert sorted(is_in) == [False, True]
        other = both[is_in.index(False)]
        assert other.status_code == 422 or where(other).startswith("/sign-in")
        assert there.client.cookies["thongsuot"] != before, "nobody can have set it beforehand"
        assert (await there.get("/account")).status_code == 200
        async with browser(running.base) as overlooker:
            await overlooker.sign_in("lan", password)
            page = await overlooker.get("/sign-in/code")
            again = await overlooker.fill(page, "/sign-in/code", sent)
            assert again.status_code == 422, "a code that was seen is good for nothing"
            in_store = second_factors.secret_of(running.store, "lan")
            assert in_store is not None
            assert secret not in in_store
            used = await overlooker.fill(page, "/sign-in/code", {"code": codes[0].upper()})
            assert where(used) == "/"
            assert "recovery_code_used" in running.done()
        async with browser(running.base) as finder:
            await finder.sign_in("lan", password)
            page = await finder.get("/sign-in/code")
            assert (await finder.fill(page, "/sign-in/code", {"code": codes[0]})).status_code == 422


@pytest.mark.usefixtures("attempts_at_one_moment")
async def test_codes_are_not_guessed(tmp_path: Path) -> None:
    async with city(tmp_path) as running, browser(running.base) as here:
        password = running.person()
        await here.sign_in("lan", password)
        secret, _ = await set_up_second_factor(here, password)
        async with browser(running.base) as thief:
            await thief.sign_in("lan", password)
            page = await thief.get("/sign-in/code")
            answers = await asyncio.gather(
                *(
                    thief.fill(page, "/sign-in/code", {"code": f"{number:06}"})
                    for number in range(8)
                )
            )
            assert sorted(answer.status_code for answer in answers) == [422] * 6 + [429] * 2
            good = {"code": next_code(secret)}
            assert (await thief.fill(page, "/sign-in/code", good)).status_code == 429


async def test_with_a_second_factor_a_password_alone_gives_programs_no_access(
    tmp_path: Path,
) -> None:
    async with city(tmp_path) as running, browser(running.base) as here:
        password = running.person()
        login = httpx.BasicAuth("lan", password)
        assert (await running.client.get("/account", auth=login)).status_code == 200
        await here.sign_in("lan", password)
        await set_up_second_factor(here, password)
        assert (await running.client.get("/account", auth=login)).status_code == 401


async def test_by_default_an_engineer_sets_it_up_before_anything_opens(
    tmp_path: Path,
) -> None:
    by_default = "[sign_in]\n"
    async with city(tmp_path, by_default) as running, browser(running.base) as lan:
        password = running.person()
        login = httpx.BasicAuth("lan", password)
        assert (await running.client.get("/account", auth=login)).status_code == 401
        led = where(await lan.sign_in("lan", password, "/sign-in?next=/account"))
        assert led == "/me/second-factor?lang=vi&next=%2Faccount"
        assert where(await lan.get("/account")).startswith("/sign-in")
        assert where(await lan.get("/me")).startswith("/sign-in")
        await set_up_second_factor(lan, "")
        assert (await lan.get("/account")).status_code == 200
        async with browser(running.base) as minh:
            reader = running.person("minh", PersonRole.CITY_READER)
            assert where(await minh.sign_in("minh", reader)) == "/"


async def test_a_second_factor_is_turned_off_by_a_code_of_it(tmp_path: Path) -> None:
    async with city(tmp_path) as running, browser(running.base) as here:
        password = running.person()
        await here.sign_in("lan", password)
        secret, codes = await set_up_second_factor(here, password)
        me = await here.get("/me")
        assert "Còn 10 mã" in me.text
        fields = hidden_fields(me.text, "/me/recovery-codes")
        assert (
            await here.send("/me/second-factor/remove", fields | {"code": "000000"})
        ).status_code == 422
        shown = await here.send("/me/recovery-codes", fields | {"code": codes[0]})
        assert len(codes_in(shown.text)) == 10
        old = await here.send("/me/second-factor/remove", fields | {"code": codes[1]})
        assert old.status_code == 422, "those before are good no more"
        good = fields | {"code": next_code(secret)}
        done = await here.send("/me/second-factor/remove", good)
        assert "Đã tắt" in (await here.get(where(done))).text
        assert second_factors.secret_of(running.store, "lan") is None
