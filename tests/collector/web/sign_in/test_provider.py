"""Signing in by a provider of identities: who it vouches for gets in, and nobody else does."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey

from tests.collector.running import WITHIN_S, eventually
from tests.collector.web.sign_in.browsers import SmallBrowser, browser, where
from tests.collector.web.sign_in.city import SignInCollector, city
from tests.collector.web.sign_in.oidc_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Provider,
    oidc_provider,
)
from tests.plain_http import NO_AUTHORITIES
from thongsuot_collector.config.read import parse_configuration
from thongsuot_collector.store import people
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.web.sign_in.provider import ANSWER_BYTES
from thongsuot_runtime.config_file import ConfigInvalid

LAN: dict[str, object] = {
    "preferred_username": "Lan@hanoi.gov.vn",
    "name": "Trần Thị Lan",
    "groups": ["ioc", "vpn"],
}
NAME = "lan@hanoi.gov.vn"
FAILED, NO_ROLE = "Chưa đăng nhập được", "chưa được cấp quyền"


@asynccontextmanager
async def provided(folder: Path) -> AsyncIterator[tuple[SignInCollector, Provider]]:
    """Run a collector that a provider signs people in for."""
    (folder / "secret").write_text(CLIENT_SECRET)
    with oidc_provider() as provider:
        provider.claims = dict(LAN)
        settings = f"""
[notify]
page_url = "https://thongsuot.example"
[sign_in.oidc]
issuer = "{provider.url}"
client_id = "{CLIENT_ID}"
client_secret_file = "{folder / "secret"}"
title = "SSO Hà Nội"
[sign_in.oidc.roles]
ioc = "city-engineer"
noc-vnpt = "carrier:vnpt"
"""
        async with city(folder, settings) as running:
            yield running, provider


async def leave(own: SmallBrowser, path: str = "/sign-in/provider") -> str:
    """Press the button, say yes at the provider; return where that leads a browser to."""
    away = where(await own.get(path))
    async with httpx.AsyncClient(
        trust_env=False, verify=NO_AUTHORITIES, timeout=WITHIN_S
    ) as client:
        answer = await client.get(away)
    assert answer.status_code == 302
    back = answer.headers["location"]
    assert back.startswith("https://thongsuot.example/sign-in/provider/return?")
    return back.removeprefix("https://thongsuot.example")


async def test_a_person_signs_in_by_the_provider_and_has_the_role_of_a_group(
    tmp_path: Path,
) -> None:
    async with provided(tmp_path) as (running, _), browser(running.base) as own:
        page = await own.get("/sign-in?next=/account")
        assert "Đăng nhập bằng SSO Hà Nội" in page.text
        assert 'href="/sign-in/provider?lang=vi&amp;next=%2Faccount"' in page.text
        back = await leave(own, "/sign-in/provider?lang=vi&next=%2Faccount")
        assert where(await own.get(back)) == "/account"
        assert (await own.get("/account")).status_code == 200
        person = people.known(running.store, NAME)
        assert person is not None
        assert (person.role, person.title) == (PersonRole.CITY_ENGINEER, "Trần Thị Lan")
        me = await own.get("/me")
        assert "do cơ quan quản lý" in me.text
        # There is no password of theirs here: none is good, not even an empty one.
        async with browser(running.base) as guest:
            for password in ("", "x"):
                assert (await guest.sign_in(NAME, password)).status_code == 422
        # The way back is of one browser, once.
        async with browser(running.base) as other:
            assert FAILED in (await other.get(back)).text
        assert FAILED in (await own.get(back)).text


async def test_another_group_is_another_role_and_ends_what_was_open(tmp_path: Path) -> None:
    async with (
        provided(tmp_path) as (running, provider),
        browser(running.base) as before,
        browser(running.base) as after,
    ):
        await before.get(await leave(before))
        assert (await before.get("/account")).status_code == 200
        provider.claims |= {"groups": "noc-vnpt"}
        await after.get(await leave(after))
        person = people.known(running.store, NAME)
        assert person is not None
        assert (person.role, person.scope) == (PersonRole.CARRIER, "vnpt")
        assert (await after.get("/account")).status_code == 404
        assert where(await before.get("/account")).startswith("/sign-in")
        assert "person_changed" in running.done()


async def test_people_without_a_group_or_a_valid_name_are_refused(tmp_path: Path) -> None:
    async with provided(tmp_path) as (running, provider), browser(running.base) as own:
        wrong: tuple[dict[str, object], ...] = (
            {"groups": ["vpn"]},
            {"groups": None},
            {"groups": [["ioc"]]},
            {"preferred_username": "<b>lan</b>"},
            {"preferred_username": ""},
        )
        for claims in wrong:
            provider.claims = LAN | claims
            answer = await own.get(await leave(own))
            assert answer.status_code == 422
            assert NO_ROLE in answer.text, claims
        assert people.listed(running.store) == []


async def test_a_name_that_is_taken_and_an_account_that_was_removed_stay_so(
    tmp_path: Path,
) -> None:
    async with provided(tmp_path) as (running, _), browser(running.base) as own:
        running.person(NAME, PersonRole.CITY_READER)
        assert NO_ROLE in (await own.get(await leave(own))).text
        assert where(await own.get("/account")).startswith("/sign-in")
    (tmp_path / "other").mkdir()
    async with provided(tmp_path / "other") as (running, _), browser(running.base) as own:
        await own.get(await leave(own))
        people.revoke(running.store, NAME)
        assert where(await own.get("/account")).startswith("/sign-in")
        assert NO_ROLE in (await own.get(await leave(own))).text


def forged() -> list[tuple[str, dict[str, object]]]:
    """Return what a good provider never says, by what is wrong with it."""
    now = int(time.time())
    mine = ECKey.generate_key("P-256")
    return [
        ("another nonce", {"claims": LAN | {"nonce": "x"}}),
        ("no nonce", {"left_out": {"nonce"}}),
        ("another client", {"claims": LAN | {"aud": "someone-else"}}),
        ("for two, by another", {"claims": LAN | {"aud": [CLIENT_ID, "x"], "azp": "x"}}),
        ("another issuer", {"claims": LAN | {"iss": "https://evil.example"}}),
        ("run out", {"claims": LAN | {"iat": now - 900, "exp": now - 300}}),
        ("no subject", {"left_out": {"sub"}}),
        ("another key", {"published": mine}),
        (
            "signed with our own secret",
            {
                "key": OctKey.import_key(CLIENT_SECRET),
                "algorithm": "HS256",
                "published": ECKey.generate_key("P-256"),
            },
        ),
        ("not signed", {"algorithm": "none"}),
        ("an error", {"error": "access_denied"}),
    ]


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
async def test_claims_that_a_provider_does_not_vouch_for_give_no_access(tmp_path: Path) -> None:
    async with provided(tmp_path) as (running, provider), browser(running.base) as own:
        good = dict(vars(provider))
        for wrong, changes in forged():
            back = await leave(own)
            if "error" in changes:
                provider.error = "access_denied"
                back = await leave(own)
            vars(provider).update(changes)
            answer = await own.get(back)
            assert answer.status_code == 422, wrong
            assert FAILED in answer.text, wrong
            vars(provider).update(good)
        back = await leave(own)
        for forgery in ("state=x", "state="):
            parts = urlsplit(back)
            code = parse_qs(parts.query)["code"][0]
            assert FAILED in (await own.get(f"{parts.path}?code={code}&{forgery}")).text
        assert FAILED in (await own.get(back.replace("iss=", "iss=https%3A%2F%2Fevil"))).text
        # A code that somebody else was given is not good with the verifier of this browser.
        async with browser(running.base) as victim:
            theirs = parse_qs(urlsplit(await leave(victim)).query)["code"][0]
            mine = urlsplit(back)
            state = parse_qs(mine.query)["state"][0]
            assert FAILED in (await own.get(f"{mine.path}?code={theirs}&state={state}")).text
        assert people.listed(running.store) == []
        assert where(await own.get(await leave(own))) == "/?lang=vi"


async def test_new_keys_of_a_provider_are_accepted(
    tmp_path: Path,
) -> None:
    async with (
        provided(tmp_path) as (running, provider),
        browser(running.base) as before,
        browser(running.base) as after,
    ):
        assert where(await before.get(await leave(before))) == "/?lang=vi"
        retired = provider.key
        provider.key = ECKey.generate_key("P-256")
        assert where(await after.get(await leave(after))) == "/?lang=vi"
        # Who still has the key of before can vouch for nobody.
        provider.key, provider.published = retired, provider.key
        async with browser(running.base) as late:
            assert FAILED in (await late.get(await leave(late))).text


async def test_a_provider_that_is_away_is_reported_and_passwords_continue(tmp_path: Path) -> None:
    async with provided(tmp_path) as (running, provider), browser(running.base) as own:
        provider.issuer = "https://evil.example"
        assert FAILED in (await own.get("/sign-in/provider")).text
        assert where(await own.sign_in("minh", running.person("minh"))) == "/"


async def test_a_flood_of_presses_is_one_question_to_the_provider(tmp_path: Path) -> None:
    async with provided(tmp_path) as (running, provider), browser(running.base) as own:
        for presses, issuer in ((20, ""), (20, "https://evil.example")):
            provider.issuer = issuer
            answers = await asyncio.gather(*(own.get("/sign-in/provider") for _ in range(presses)))
            # What the provider said last stays known for a minute, whatever it says meanwhile.
            assert {answer.status_code for answer in answers} == {303}
        assert provider.asked == ["/.well-known/openid-configuration"]


async def test_made_up_codes_from_one_address_keep_nobody_else_waiting(tmp_path: Path) -> None:
    async with (
        provided(tmp_path) as (running, provider),
        browser(running.base) as own,
        browser(running.base, address="127.0.0.2") as other,
    ):
        back = await leave(own)
        made_up = re.sub("code=[^&]*", "code=made-up", await leave(other))
        provider.may_refuse.clear()
        flood = [asyncio.create_task(other.get(made_up)) for _ in range(8)]
        await eventually(lambda: provider.refusing)
        await asyncio.sleep(0.5)  # all of them have come
        assert where(await own.get(back)) == "/?lang=vi"
        assert sum(asked.done() for asked in flood) < len(flood) / 2
        provider.may_refuse.set()
        assert all(FAILED in answer.text for answer in await asyncio.gather(*flood))


async def test_a_provider_that_is_wrong_is_asked_once_by_a_flood_of_presses_and_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with provided(tmp_path) as (running, provider), browser(running.base) as own:
        provider.issuer = "https://evil.example"
        answers = await asyncio.gather(*(own.get("/sign-in/provider") for _ in range(20)))
        assert all(FAILED in answer.text for answer in answers)
        assert provider.asked == ["/.well-known/openid-configuration"]
        refused = [each.getMessage() for each in caplog.records if "refused" in each.getMessage()]
        assert len(refused) == 1
        assert "evil.example" in refused[0]


@pytest.mark.parametrize(
    "said",
    [
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "/authorize"},
        {"token_endpoint": "http://127.0.0.1:99999/token"},
        {"token_endpoint": "https://127.0.0.1/token"},
        {"jwks_uri": "http://[::1"},
    ],
)
async def test_a_provider_that_names_no_address_is_refused(
    tmp_path: Path, said: dict[str, str]
) -> None:
    async with provided(tmp_path) as (running, provider), browser(running.base) as own:
        provider.said = said
        assert FAILED in (await own.get("/sign-in/provider")).text


async def test_keys_that_are_none_give_no_access_and_no_error_of_ours(tmp_path: Path) -> None:
    async with provided(tmp_path) as (running, provider), browser(running.base) as own:
        keys: tuple[object, ...] = ([], "x", 1, {}, {"keys": None}, {"keys": [1]})
        for wrong in (*keys, {"keys": [{"kty": 1}]}):
            provider.key_set = wrong
            assert FAILED in (await own.get(await leave(own))).text, wrong
        assert people.listed(running.store) == []


async def test_a_title_has_no_characters_that_nobody_sees(tmp_path: Path) -> None:
    async with provided(tmp_path) as (running, provider), browser(running.base) as own:
        provider.claims |= {"name": "Trần\0 Thị\u202e Lan\n"}
        await own.get(await leave(own))
        person = people.known(running.store, NAME)
        assert person is not None
        assert person.title == "Trần Thị Lan"


async def test_an_answer_of_the_provider_that_does_not_end_is_not_read_to_its_end(
    tmp_path: Path,
) -> None:
    async with provided(tmp_path) as (running, provider), browser(running.base) as own:
        provider.padding = ANSWER_BYTES
        assert FAILED in (await own.get("/sign-in/provider")).text


def test_a_missing_setting_of_a_provider_is_a_mistake_with_its_line(tmp_path: Path) -> None:
    text = """[sign_in.oidc]
issuer = "http://sso.example"
[sign_in.oidc.roles]
ioc = "engineer"
noc = "carrier"
"""
    with pytest.raises(ConfigInvalid) as refusal:
        parse_configuration(text, file="c.toml", folder=tmp_path)
    message = str(refusal.value)
    for part in ("is not https", "client_id is missing", "page_url is empty", "'engineer'"):
        assert part in message
    assert "c.toml:4: " in message
    assert "'carrier' is not a role" in message
    with pytest.raises(ConfigInvalid, match="idle_s is more than absolute_s"):
        parse_configuration(
            "[sign_in]\nidle_s = 10\nabsolute_s = 5\n", file="c.toml", folder=tmp_path
        )
