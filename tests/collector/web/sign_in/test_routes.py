"""Signing in and out: what a session opens, until when, and what ends it at once."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from tests.collector.web.sign_in.browsers import browser, hidden_fields, where
from tests.collector.web.sign_in.city import PAGES_PASSWORD, city
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.store import passwords, people, sessions
from thongsuot_collector.store.account_tables import SESSIONS
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.store.tables import PEOPLE
from thongsuot_collector.store.tokens import digest_of
from thongsuot_collector.web.sign_in.pages import browser_name, local_path

WRONG = "không đúng"


async def test_a_person_signs_in_looks_and_signs_out(tmp_path: Path) -> None:
    async with city(tmp_path) as running, browser(running.base) as lan:
        password = running.person()
        asked = where(await lan.get("/account?lang=en"))
        assert asked == "/sign-in?next=%2Faccount%3Flang%3Den&lang=en"
        page = await lan.get(asked)
        assert "User name" in page.text
        action = "/sign-in?lang=en&next=%2Faccount%3Flang%3Den"
        signed_in = await lan.sign_in("lan", password, action)
        assert where(signed_in) == "/account?lang=en"
        assert (await lan.get("/account")).status_code == 200
        assert 'href="/me?lang=vi">Lan</a>' in (await lan.get("/")).text
        me = await lan.get("/me")
        out = await lan.fill(me, "/sign-out", {})
        assert "signed_out=1" in where(out)
        assert "Đã đăng xuất" in (await lan.get(where(out))).text
        assert where(await lan.get("/account")).startswith("/sign-in")
        assert "person_signed_in" in running.done()
        assert sessions.listed(running.store) == []


async def test_the_session_cookie_is_closed_to_scripts_and_other_sites_and_void_after_signing_out(
    tmp_path: Path,
) -> None:
    async with city(tmp_path) as running, browser(running.base) as lan:
        signed_in = await lan.sign_in("lan", running.person())
        cookies = signed_in.headers.get_list("set-cookie")
        assert len(cookies) == 2  # the session, and that this browser is known
        for cookie in cookies:
            assert "HttpOnly" in cookie
            assert "SameSite=lax" in cookie
            assert "Path=/" in cookie
            assert "Secure" not in cookie  # in the clear, on loopback, it would never come back
        copied = lan.client.cookies["thongsuot"]
        store = (tmp_path / "state" / STORE_FILE).read_bytes()
        assert copied.encode() not in store
        await lan.fill(await lan.get("/me"), "/sign-out", {})
        answer = await running.client.get("/me", headers={"Cookie": f"thongsuot={copied}"})
        assert answer.status_code == 401


@pytest.mark.parametrize("listen", ["plaintext = true", 'trusted_proxies = ["127.0.0.0/8"]'])
async def test_behind_tls_cookies_are_secure_and_of_this_host_alone(
    tmp_path: Path, listen: str
) -> None:
    listening = f'[listen]\naddress = "127.0.0.1:0"\n{listen}\n'
    async with city(tmp_path, listening) as running, browser(running.base) as lan:
        form = {"name": "lan", "password": running.person()}
        answer = await lan.send("/sign-in", form, **{"X-Forwarded-Proto": "https"})
        for cookie in answer.headers.get_list("set-cookie"):
            assert cookie.startswith("__Host-thongsuot")
            assert "Secure" in cookie


@pytest.mark.usefixtures("attempts_at_one_moment")
async def test_a_wrong_password_and_a_wrong_name_are_refused_alike_and_slower_and_slower(
    tmp_path: Path,
) -> None:
    async with city(tmp_path) as running, browser(running.base) as guest:
        running.person()
        refusals: dict[str, set[str]] = {}
        answers: list[httpx.Response] = []
        for name in ("lan", "nobody"):
            answers = await asyncio.gather(
                *(guest.sign_in(name, f"guess number {number}") for number in range(12))
            )
            assert sorted(answer.status_code for answer in answers) == [422] * 6 + [429] * 6
            refusals[name] = {
                answer.text.replace(f'value="{name}"', "")
                for answer in answers
                if answer.status_code == 422
            }
        assert refusals["lan"] == refusals["nobody"]
        assert all(WRONG in text for text in refusals["lan"])
        assert all(
            0 < int(answer.headers["retry-after"]) <= 300
            for answer in answers
            if answer.status_code == 429
        )
        text = (await running.client.get("/metrics")).text
        assert "thongsuot_collector_failed_logins_total 12.0" in text


@pytest.mark.usefixtures("attempts_at_one_moment")
async def test_guesses_with_forms_and_by_basic_are_counted_together(tmp_path: Path) -> None:
    async with city(tmp_path) as running, browser(running.base) as guest:
        running.person()
        for number in range(6):
            await running.client.get("/", auth=httpx.BasicAuth("lan", f"guess number {number}"))
        assert (await guest.sign_in("lan", "another guess")).status_code == 429


async def test_a_changed_password_a_removed_account_and_another_role_end_sessions_at_once(
    tmp_path: Path,
) -> None:
    async with city(tmp_path) as running:
        for change in ("password", "removed", "role"):
            async with browser(running.base) as lan:
                await lan.sign_in("lan", running.person())
                assert (await lan.get("/account")).status_code == 200
                if change == "password":
                    running.person()
                elif change == "removed":
                    people.revoke(running.store, "lan")
                else:
                    people.change_role(running.store, "lan", PersonRole.COMMUNE, "00070")
                assert where(await lan.get("/account")).startswith("/sign-in"), change


async def test_sign_out_everywhere_else_leaves_this_browser_alone(tmp_path: Path) -> None:
    async with (
        city(tmp_path) as running,
        browser(running.base) as here,
        browser(running.base) as there,
    ):
        password = running.person()
        await here.sign_in("lan", password)
        await there.sign_in("lan", password)
        me = await here.get("/me")
        assert me.text.count("Firefox") == 2
        done = await here.fill(me, "/me/sessions", {})
        assert "ở mọi nơi khác" in (await here.get(where(done))).text
        assert (await here.get("/account")).status_code == 200
        assert where(await there.get("/account")).startswith("/sign-in")
        assert "sessions_ended" in running.done()


async def test_a_session_ends_when_nobody_is_there_and_in_any_case_after_a_while(
    tmp_path: Path,
) -> None:
    limits = '[sign_in]\nsecond_factor = "optional"\nidle_s = 600\nabsolute_s = 3600\n'
    async with city(tmp_path, limits) as running, browser(running.base) as lan:
        password = running.person()

        def shift(**columns: int) -> None:
            with running.store.begin() as connection:
                earlier = {name: SESSIONS.c[name] - by * 10**9 for name, by in columns.items()}
                connection.execute(update(SESSIONS).values(earlier))

        await lan.sign_in("lan", password)
        (session,) = sessions.listed(running.store)
        assert session.expires_ns - session.created_ns == 3_600 * 10**9
        shift(seen_ns=590)
        # A page that renews itself is no sign that an engineer is there; one that is opened is.
        await lan.client.get("/wall", headers={"Sec-Fetch-Mode": "cors"})
        (session,) = sessions.listed(running.store)
        assert time.time_ns() - session.seen_ns > 580 * 10**9
        assert (await lan.get("/wall")).status_code == 200
        (session,) = sessions.listed(running.store)
        assert time.time_ns() - session.seen_ns < 60 * 10**9
        shift(seen_ns=601)
        assert where(await lan.get("/wall")).startswith("/sign-in")
        await lan.sign_in("lan", password)
        shift(expires_ns=3_601)
        assert where(await lan.get("/wall")).startswith("/sign-in")


async def test_readers_stay_signed_in_and_pages_that_renew_themselves_keep_them(
    tmp_path: Path,
) -> None:
    async with city(tmp_path) as running, browser(running.base) as wall:
        await wall.sign_in("minh", running.person("minh", PersonRole.CITY_READER))
        (session,) = sessions.listed(running.store)
        assert session.expires_ns - session.created_ns == 30 * 86_400 * 10**9
        with running.store.begin() as connection:
            connection.execute(update(SESSIONS).values(seen_ns=SESSIONS.c.seen_ns - 7_000 * 10**9))
        await wall.client.get("/wall", headers={"Sec-Fetch-Mode": "cors"})
        (session,) = sessions.listed(running.store)
        assert time.time_ns() - session.seen_ns < 60 * 10**9


async def test_the_password_of_the_pages_signs_in_and_ends_with_it(tmp_path: Path) -> None:
    async with city(tmp_path) as running, browser(running.base) as reader:
        assert where(await reader.sign_in("ai đó", PAGES_PASSWORD)) == "/"
        assert (await reader.get("/account")).status_code == 200
        me = await reader.get("/me")
        assert "Đổi mật khẩu" not in me.text
        # To act they need a name of their own: they are asked for it, and are not told of a page.
        assert where(await reader.get("/desk/vnpt/keys")).startswith("/sign-in")
    (tmp_path / "password").write_text("another one")


async def test_forms_are_taken_from_our_own_pages_alone(tmp_path: Path) -> None:
    async with city(tmp_path) as running, browser(running.base) as lan:
        password = running.person()
        await lan.sign_in("lan", password)
        me = await lan.get("/me")
        good = hidden_fields(me.text, "/me/password")
        foreign = {"Sec-Fetch-Site": "cross-site"}
        for form, headers in (
            ({}, {}),
            ({"form_token": "0" * 64}, {}),
            ({"form_token": ""}, {}),
            (good, foreign),
        ):
            for path in ("/me/sessions", "/me/password", "/sign-out", "/me/recovery-codes"):
                answer = await lan.send(path, form, **headers)
                assert answer.status_code == 403, (path, form)
        # Nor does another page sign somebody in as somebody else.
        form = {"name": "lan", "password": password}
        assert (await lan.send("/sign-in", form, **foreign)).status_code == 403
        assert (await lan.send("/me/sessions", good)).status_code == 303


async def test_a_foreign_page_does_not_clear_what_a_browser_has_kept(tmp_path: Path) -> None:
    async with city(tmp_path) as running, browser(running.base) as anybody:
        # A form of another page comes without the cookie (SameSite): as from nobody.
        answer = await anybody.send("/sign-out", {}, **{"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
        assert "clear-site-data" not in answer.headers
        assert "clear-site-data" in (await anybody.send("/sign-out", {})).headers


@pytest.mark.parametrize("origin", ["http://[", "https://evil.example", "null"])
async def test_a_form_of_an_older_browser_is_known_by_its_origin(
    tmp_path: Path, origin: str
) -> None:
    async with city(tmp_path) as running:
        form = {"name": "lan", "password": WRONG}
        answer = await running.client.post("/sign-in", data=form, headers={"Origin": origin})
        assert answer.status_code == 403


async def test_a_person_chooses_a_password_and_is_signed_out_elsewhere(tmp_path: Path) -> None:
    chosen = "Hồ Gươm mùa thu"
    async with (
        city(tmp_path) as running,
        browser(running.base) as here,
        browser(running.base) as there,
    ):
        password = running.person()
        await here.sign_in("lan", password)
        await there.sign_in("lan", password)
        me = await here.get("/me")
        for current, new, again, complaint in (
            ("wrong", chosen, chosen, "Mật khẩu hiện tại"),
            (password, chosen, "another one", "không giống"),
            (password, "ngắn", "ngắn", "chưa đạt"),
        ):
            form = {"current": current, "new": new, "again": again}
            answer = await here.fill(me, "/me/password", form)
            assert answer.status_code == 422
            assert complaint in answer.text
        form = {"current": password, "new": chosen, "again": chosen}
        done = await here.fill(me, "/me/password", form)
        assert "Đã đổi mật khẩu" in (await here.get(where(done))).text
        assert where(await there.get("/account")).startswith("/sign-in")
        assert (await there.sign_in("lan", password)).status_code == 422
        assert where(await there.sign_in("lan", chosen)) == "/"
        assert "password_changed" in running.done()
        assert chosen.encode() not in (tmp_path / "state" / STORE_FILE).read_bytes()


async def test_a_password_of_an_earlier_version_is_kept_by_argon2_from_the_next_sign_in_on(
    tmp_path: Path,
) -> None:
    async with city(tmp_path) as running, browser(running.base) as lan:
        running.person()
        with running.store.begin() as connection:
            connection.execute(update(PEOPLE).values(digest=digest_of(b"tsp_of_before")))
        assert where(await lan.sign_in("lan", "tsp_of_before")) == "/"
        person = people.known(running.store, "lan")
        assert person is not None
        assert passwords.is_of_today(person.digest)
        assert (await lan.get("/account")).status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/sign-out",
        "",
        "/" + "a" * 2_000,
    ],
)
def test_signing_in_redirects_only_to_pages_of_the_collector(elsewhere: str) -> None:
    assert local_path(elsewhere) == "/"


def test_people_are_led_back_to_what_they_asked_for() -> None:
    assert local_path("/sites/hoan-kiem?lang=en&period=7") == "/sites/hoan-kiem?lang=en&period=7"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "Firefox, Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) coc_coc_browser/137.0 Chrome/131.0 Safari/537.36",
            "Coc Coc, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8.14.1", "curl/8.14.1"),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent: str, name: str) -> None:
    assert browser_name(agent) == name
