"""A running collector whose pages have a password, and what people do with their accounts there."""

import re
import time
from base64 import b32decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.collector.running import collector
from tests.collector.web.sign_in.browsers import SmallBrowser
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.store import audit, people
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.web.sessions.second_factor import STEP_S, code_at

PAGES_PASSWORD = "xem thôi"


class SignInCollector:
    """A running collector and its store, as the command line opens it."""

    def __init__(self, client: httpx.AsyncClient, folder: Path) -> None:
        self.base = client.base_url
        self.client = client
        self.store = open_store(folder / STORE_FILE)

    def person(
        self, name: str = "lan", role: PersonRole = PersonRole.CITY_ENGINEER, scope: str = ""
    ) -> str:
        """Give somebody an account; return the password."""
        return people.put(self.store, name, name.title(), role=role, scope=scope)

    def done(self) -> list[str]:
        """Return what the audit log has."""
        return [line.action for line in audit.listed(self.store)]


@asynccontextmanager
async def city(folder: Path, settings: str = "") -> AsyncIterator[SignInCollector]:
    """Run a collector whose pages have a password."""
    (folder / "password").write_text(PAGES_PASSWORD)
    config = f'[page]\npassword_file = "{folder / "password"}"\n{settings}'
    async with collector(folder / "state", config=config) as client:
        running = SignInCollector(client, folder / "state")
        try:
            yield running
        finally:
            running.store.dispose()


async def set_up_second_factor(browser: SmallBrowser, password: str) -> tuple[bytes, list[str]]:
    """
    Set up a second factor as a person does; return the app's secret and the recovery codes.

    By the present code: the one before would be refused if half a minute ended on the way.
    """
    page = await browser.get("/me/second-factor")
    secret = secret_in(page.text)
    code = code_at(secret, int(time.time() // STEP_S))
    form = {"code": code, "password": password}
    shown = await browser.fill(page, "/me/second-factor", form)
    assert shown.status_code == 200, shown.text
    return secret, codes_in(shown.text)


def next_code(secret: bytes) -> str:
    """Return the code that follows: good for as long as the present one, and not used up yet."""
    return code_at(secret, int(time.time() // STEP_S) + 1)


def secret_in(text: str) -> bytes:
    return b32decode(text.partition('class="mono spelled">')[2].partition("<")[0].replace(" ", ""))


def codes_in(text: str) -> list[str]:
    return re.findall(r'<code class="mono">([a-z2-7-]+)</code>', text)
