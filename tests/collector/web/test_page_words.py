"""
Every page of the collector as it is rendered, with all that is filled into it: plain words.

``tests/contract/test_plain_words.py`` holds the messages and the page of a point in every scene;
here pages are walked as people, in both languages, while nothing is wrong, while a carrier
disputes a fault and proposes work, while a whole carrier is dead, and after the end.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import pytest

from tests.collector.queries.reporting_city import INVENTORY, ReportingCity, reporting_city
from tests.collector.running import eventually
from tests.collector.web.desk.desk_stack import DeskStack, desk_stack
from tests.collector.web.desk.test_roles import (
    COMMUNE,
    ENGINEER,
    MAY,
    OWN,
    Places,
    filled,
    people_of,
    places_of,
)
from tests.collector.web.sign_in.browsers import browser
from tests.plain_words import avoided_words, unknown_words
from tests.schema.page.document import HtmlDocument
from thongsuot_schema.inventory.communes import bundled_communes, own_name
from thongsuot_schema.state import State
from thongsuot_schema.words.language import Language

READERS = (ENGINEER, OWN, COMMUNE)
LANGUAGES: tuple[Language, ...] = ("vi", "en")
READ_ALOUD = ("alt", "aria-label", "title", "placeholder")
NAMES = (
    *("Thông Suốt", "Tiếng Việt", "English", "VNPT", "FPT Telecom", "FPT", "Trần Bình", "Bình"),
    *("lan", "minh", "binh", "phuc", "hoa", "van", "hoan-kiem", "ba-vi", "fiber"),
    *("Điểm phục vụ", "Hoàn Kiếm", "Ba Vì", "Phường", "Xã", "Sở Khoa học và Công nghệ"),
    *("Sông Hồng", "song-hong", "cuu-long", "Trực ban", "ONT mất điện", "Thay bộ chia quang"),
    *("Firefox", "Linux", "QCVN", "BTTTT"),
)
"""What people and the inventory of these cities are called, and what people write there."""
COMMUNE_NAMES = [
    name for commune in bundled_communes() for name in (commune.name, own_name(commune))
]
CITY_NAMES = [
    *(site.title for site in INVENTORY.sites),
    *(link.circuit for site in INVENTORY.sites for link in site.links if link.circuit),
]

COPIED = re.compile(r"\b\d{8}-[0-9a-f]{8}\b|\b[0-9a-f]{8,64}\b")
"""Names of incidents, digests: copied, never read."""


class ReadDocument(HtmlDocument):
    """A page but for what is copied from it and not read: commands, digests, codes."""

    def handle_data(self, data: str) -> None:
        if "code" not in self._open:
            super().handle_data(COPIED.sub(" ", data))


def mistakes(page: str, language: Language, names: Iterable[str]) -> Iterator[str]:
    """Yield each text of a page with what its readers do not know."""
    document = ReadDocument(page)
    aloud = [
        COPIED.sub(" ", value)
        for _, attributes in document.elements
        for name in READ_ALOUD
        if (value := attributes.get(name))
    ]
    for text in (*document.words, *aloud):
        for words in (unknown_words(text, language, known=names), avoided_words(text, language)):
            for word in words:
                yield f"{word}: {' '.join(text.split())}"


def is_page(pattern: str) -> bool:
    """Return whether a route is read by people: all but files, feeds and what programs ask."""
    is_file = "." in pattern.rpartition("/")[2]
    return not is_file and not pattern.startswith(("/api/", "/tmf-api/", "/live"))


async def walk(desk: DeskStack, folder: Path, places: Places) -> list[str]:
    """Read every page as those who see different ones; return the mistakes."""
    found: set[str] = set()
    known = [
        *NAMES,
        *(value for value in places.values() if isinstance(value, str)),
        *COMMUNE_NAMES,
    ]
    accounts = people_of(folder)
    for who in READERS:
        async with browser(desk.stack.collector.url) as own:
            await own.sign_in(*accounts[who])
            for pattern, language in product((*filter(is_page, MAY), "/sign-in"), LANGUAGES):
                answer = await own.get(f"{filled(pattern, places)}?lang={language}")
                if "text/html" in answer.headers.get("content-type", ""):
                    found |= {
                        f"{pattern}: {mistake}"
                        for mistake in mistakes(answer.text, language, known)
                    }
    return sorted(found)


async def test_every_word_on_the_pages_is_known_to_their_readers(tmp_path: Path) -> None:
    async with desk_stack(tmp_path) as desk:
        incident = await desk.cut()
        query = await desk.desk_key("vnpt")
        refuse = f"/desk/vnpt/incidents/{incident}/refused?{query}"
        form = {"name": "Bình", "text": "ONT mất điện"}
        assert (await desk.ask("POST", refuse, form=form)).status_code == 303
        (work,) = await desk.propose_work(query)
        places = places_of(incident, work)
        found = await walk(desk, tmp_path, places)
        assert found == [], "while it is disputed"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_word_on_the_pages_of_a_large_or_closed_outage_is_known_to_their_readers(
    tmp_path: Path, language: Language
) -> None:
    async with reporting_city(tmp_path) as city:
        names = (*NAMES, *COMMUNE_NAMES, *CITY_NAMES)
        assert await read(city, ["/", "/wall", "/incidents", "/sites/s3"], language, names) == []
        for site in ("s0", "s1", "s2"):
            await city.push(site, fixed=State.DOWN)
        outage = await rule_is_open(city, "carrier_outage")
        paths = [f"/incidents/{outage}", "/", "/wall", "/incidents", "/links", "/sites/s0", "/desk"]
        assert await read(city, paths, language, names) == []
        for site in ("s0", "s1", "s2"):
            await city.push(site, fixed=State.UP)
        await eventually(lambda: is_over(city, outage))
        assert await read(city, paths, language, names) == []


async def read(
    city: ReportingCity, paths: list[str], language: Language, names: Iterable[str]
) -> list[str]:
    """Return the mistakes of pages that anybody may see."""
    found = []
    for path in paths:
        answer = await city.client.get(path, params={"lang": language})
        assert answer.status_code == 200, path
        found += [f"{path}: {mistake}" for mistake in mistakes(answer.text, language, names)]
    return found


async def rule_is_open(city: ReportingCity, rule: str) -> str:
    """Return the open incident of a rule, once there is one."""
    names: list[str] = []

    async def is_open() -> bool:
        answer = await city.client.get("/api/v1/incidents")
        for item in answer.json()["items"]:
            shown = (await city.client.get(f"/incidents/{item['id']}.json")).json()["incident"]
            if shown["rule"] == rule and shown["status"] == "open":
                names.append(item["id"])
        return bool(names)

    await eventually(is_open)
    return names[0]


async def is_over(city: ReportingCity, name: str) -> bool:
    """Return whether an incident is over."""
    answer = await city.client.get(f"/incidents/{name}.json")
    return bool(answer.json()["incident"]["status"] != "open")
