"""
Signing in by a provider that others wrote, as they wrote it: ``oidc-provider`` of the npm registry.

It is certified by the OpenID Foundation for the roles of a provider, and signs people in on its own
pages; what ``test_provider`` says of forged answers needs a provider that lies, this one does not.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests.collector.running import WITHIN_S
from tests.collector.web.sign_in.browsers import browser, where
from tests.collector.web.sign_in.city import city
from tests.plain_http import NO_AUTHORITIES
from thongsuot_collector.store import people
from thongsuot_collector.store.people import PersonRole

pytestmark = pytest.mark.nightly

FOLDER = Path(__file__).with_name("certified_provider")
CACHE = Path(__file__).parents[4] / ".cache" / "oidc-provider"
INSTALL_S = 300.0

CLIENT_ID, CLIENT_SECRET = "thongsuot", "of-this-test-alone-0123456789"  # no secret: made up
PAGE_URL = "https://thongsuot.example"
ACCOUNTS = {
    "lan": {"preferred_username": "lan@hanoi.gov.vn", "name": "Trần Thị Lan", "groups": ["ioc"]},
    "binh": {"preferred_username": "binh", "name": "Nguyễn Văn Bình", "groups": ["guests"]},
}


@pytest.fixture(scope="module")
def program() -> Path:
    """The script beside its packages, installed once as the lock file has them."""
    missing = [name for name in ("node", "npm") if not shutil.which(name)]
    if missing:
        pytest.skip(f"not installed here: {', '.join(missing)}")
    CACHE.mkdir(parents=True, exist_ok=True)
    for file in FOLDER.iterdir():
        shutil.copy(file, CACHE)
    subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"],
        cwd=CACHE,
        check=True,
        capture_output=True,
        timeout=INSTALL_S,
    )
    return CACHE / "provider.mjs"


@contextmanager
def running_provider(program: Path, folder: Path) -> Iterator[str]:
    """Run the provider; gives its address."""
    words = [CLIENT_ID, CLIENT_SECRET, f"{PAGE_URL}/sign-in/provider/return", json.dumps(ACCOUNTS)]
    with (folder / "provider.log").open("wb") as log:
        process = subprocess.Popen(
            ["node", program, *words],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "NODE_ENV": "test"},
        )
    output = process.stdout
    assert output is not None
    try:
        line = output.readline()
        assert line.startswith("issuer "), (folder / "provider.log").read_text("utf-8")
        yield line.removeprefix("issuer ").strip()
    finally:
        process.kill()
        process.wait()
        output.close()


async def say_yes(away: str, account: str) -> str:
    """Sign in on the provider's pages and agree; return where it then leads a browser to."""
    async with httpx.AsyncClient(
        trust_env=False, verify=NO_AUTHORITIES, timeout=WITHIN_S
    ) as client:
        answer = await client.get(away)
        for _ in range(12):
            if answer.is_redirect:
                to = urljoin(str(answer.url), answer.headers["location"])
                if to.startswith(PAGE_URL):
                    return to.removeprefix(PAGE_URL)
                answer = await client.get(to)
                continue
            form = re.search(r"<form\b.*?</form>", answer.text, re.DOTALL)
            assert form is not None, answer.text
            action = re.search(r'action="([^"]*)"', form[0])
            assert action is not None
            fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
            if "login" in form[0] and 'name="login"' in form[0]:
                fields |= {"login": account, "password": "anything"}
            answer = await client.post(urljoin(str(answer.url), action[1]), data=fields)
    raise AssertionError("the provider leads nowhere")


async def test_people_of_a_certified_provider_sign_in_by_their_groups(
    tmp_path: Path, program: Path
) -> None:
    (tmp_path / "secret").write_text(CLIENT_SECRET)
    with running_provider(program, tmp_path) as issuer:
        settings = f"""
[notify]
page_url = "{PAGE_URL}"
[sign_in.oidc]
issuer = "{issuer}"
client_id = "{CLIENT_ID}"
client_secret_file = "{tmp_path / "secret"}"
title = "SSO Hà Nội"
[sign_in.oidc.roles]
ioc = "city-engineer"
"""
        async with (
            city(tmp_path, settings) as running,
            browser(running.base) as lan,
            browser(running.base) as binh,
        ):
            away = where(await lan.get("/sign-in/provider?lang=vi&next=%2Faccount"))
            assert urlsplit(away).netloc == urlsplit(issuer).netloc
            back = await say_yes(away, "lan")
            assert where(await lan.get(back)) == "/account"
            assert (await lan.get("/account")).status_code == 200
            person = people.known(running.store, "lan@hanoi.gov.vn")
            assert person is not None
            assert (person.role, person.title) == (PersonRole.CITY_ENGINEER, "Trần Thị Lan")
            refused = await binh.get(
                await say_yes(where(await binh.get("/sign-in/provider")), "binh")
            )
            assert "chưa được cấp quyền" in refused.text
            assert people.known(running.store, "binh") is None
