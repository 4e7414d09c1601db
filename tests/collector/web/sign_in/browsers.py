"""Browsers as small as can be: they keep cookies, send forms, and say where they come from."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx

from tests.collector.running import WITHIN_S
from tests.plain_http import NO_AUTHORITIES

NAVIGATION = {
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "same-origin",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0",
}


class SmallBrowser:
    """One browser, with cookies of its own."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page, and stay where it leads to."""
        return await self.client.get(path, headers=NAVIGATION | headers)

    async def follow(self, path: str) -> httpx.Response:
        """Open a page, and go where it leads to."""
        return await self.client.get(path, headers=NAVIGATION, follow_redirects=True)

    async def send(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        """Send a form as it is."""
        return await self.client.post(path, data=form, headers=NAVIGATION | headers)

    async def fill(self, page: httpx.Response, path: str, form: dict[str, str]) -> httpx.Response:
        """Send a form of a page, with what is hidden in it."""
        return await self.send(path, hidden_fields(page.text, path) | form)

    async def sign_in(self, name: str, password: str, path: str = "/sign-in") -> httpx.Response:
        """Send name and password."""
        return await self.send(path, {"name": name, "password": password})


@asynccontextmanager
async def browser(
    base: httpx.URL | str, *, address: str = "127.0.0.1"
) -> AsyncIterator[SmallBrowser]:
    """Open a browser that nobody has signed in with, at an address of loopback."""
    transport = httpx.AsyncHTTPTransport(verify=NO_AUTHORITIES, local_address=address)
    async with httpx.AsyncClient(base_url=base, timeout=WITHIN_S, transport=transport) as client:
        yield SmallBrowser(client)


def hidden_fields(text: str, path: str) -> dict[str, str]:
    """Return the hidden fields of the form of a page that is sent to a path."""
    for form in re.findall(r"<form\b.*?</form>", text, re.DOTALL):
        actions = re.findall(r'(?:form)?action="([^"]*)"', form)
        if path in {urlsplit(action.replace("&amp;", "&")).path for action in actions}:
            fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
            return dict(fields)
    raise AssertionError(f"no form for {path} in {text}")


def where(response: httpx.Response) -> str:
    """Return where a response leads to."""
    assert response.status_code == 303, response.text
    return response.headers["location"]
