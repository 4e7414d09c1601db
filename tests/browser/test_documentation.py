"""The documentation as a site, made from docs/ and served by a real collector, in Chromium."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect
from tools import docs_site

from tests.browser.conftest import Keep
from tests.collector.running import collector

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    docs_site.build(folder)
    return folder


@pytest_asyncio.fixture(loop_scope="session")
async def client(tmp_path: Path, site: Path) -> AsyncIterator[httpx.AsyncClient]:
    config = f'[page]\ndocs_dir = "{site}"\n'
    async with collector(tmp_path, config=config) as running:
        yield running


async def test_a_reader_finds_a_page_by_its_words_and_nothing_is_refused(
    page: Page, client: httpx.AsyncClient, keep: Keep, complaints: list[str]
) -> None:
    await page.goto(f"{client.base_url}?lang=en")
    await page.get_by_role("link", name="Documentation").click()
    await expect(page).to_have_title(re.compile("Thông Suốt"))
    await page.get_by_label("Search").first.click()
    await page.keyboard.type("resolver_silent")
    result = page.locator(".md-search-result__item a").first
    await expect(result).to_be_visible()
    await result.click()
    await expect(page.locator("article")).to_contain_text("resolver_silent")
    await keep("documentation")
    # lunr.js says so of each stemmer of a second language, and goes on.
    known = "Function is not registered with pipeline"
    complaints[:] = [complaint for complaint in complaints if known not in complaint]


async def test_every_page_of_the_folder_is_on_the_sites_map(site: Path) -> None:
    front = (site / "index.html").read_text("utf-8")
    for source in (docs_site.ROOT / "docs").rglob("*.md"):
        page = source.relative_to(docs_site.ROOT / "docs").with_suffix(".html")
        page = page.with_name("index.html") if page.name == "README.html" else page
        assert f'href="{page}"' in front or page.name == "index.html", page


async def test_a_link_to_a_file_that_is_not_a_page_is_shown_as_words(site: Path) -> None:
    # docs/reference/boards.md links to the folder of the lab.
    text = (site / "reference" / "boards.html").read_text("utf-8")
    assert "a recording of the lab" in text
    assert "../../lab" not in text


async def test_a_page_that_loads_from_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "good.html").write_text('<script src="own.js"></script> <a href="https://x.y/">')
    assert docs_site.foreign(tmp_path) == []
    (tmp_path / "bad.html").write_text('<script src="https://cdn.example/x.js"></script>')
    assert docs_site.foreign(tmp_path) == ["bad.html"]


async def test_documentation_needs_signing_in_and_serves_nothing_outside_its_folder(
    tmp_path: Path, site: Path
) -> None:
    (tmp_path / "page.password").write_text("only-here")
    (site.parent / "secret").write_text("beside")
    config = f'[page]\ndocs_dir = "{site}"\npassword_file = "page.password"\n'
    async with collector(tmp_path, config=config) as running:
        assert (await running.get("/docs/")).status_code == 401
        login = ("clerk", "only-here")
        page = await running.get("/docs/", auth=login)
        assert page.status_code == 200
        assert "'unsafe-inline'" not in page.headers["content-security-policy"]
        for path in ("/docs/..%2fsecret", "/docs/%2e%2e/secret", "/docs/nowhere.html"):
            answer = await running.get(path, auth=login)
            assert answer.status_code == 404, path
            assert "beside" not in answer.text


async def test_without_the_folder_there_is_neither_page_nor_link(tmp_path: Path) -> None:
    async with collector(tmp_path, config=f'[page]\ndocs_dir = "{tmp_path}/none"\n') as running:
        assert (await running.get("/docs/")).status_code == 404
        assert "/docs/" not in (await running.get("/")).text
