"""
Pages and messages say what their readers understand: no machine's word, no term without a gloss.

Every message of the catalogues is held against the glossary, and every page of a point in every
scene, with all that is filled into it. Messages of commands may also name what the reference names
(settings, options, commands), and have a few words that only administrators meet. The collector's
own pages are walked in ``tests/collector/web/test_page_words.py``.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools import catalogues

from tests.contract.house import ROOT
from tests.plain_words import avoided_words, unknown_words
from tests.schema.page.document import HtmlDocument
from tests.schema.page.scenes import SCENES
from thongsuot_schema.page.render import site_page
from thongsuot_schema.view import SiteView
from thongsuot_schema.words.language import Language
from thongsuot_schema.words.translations import REFERENCE

OF_COMMANDS = frozenset({"cli", "argparse", "mistakes"})
"""The catalogues of the help and the messages of commands: read by administrators alone."""

REFERENCES = ("agent-settings", "collector-settings", "commands", "sinks", "channels", "export")
"""The pages whose code is what administrators type: settings, options, commands, values."""

OF_ADMINISTRATORS = frozenset(
    {
        "ACCEPTED",
        "ACME",
        "ASCII",
        "ASN",
        "Apprise",
        "DELIVERED",
        "DEVICE",
        "IPv",
        "KiB",
        "LINK",
        "LOST",
        "MCP",
        "MISSING",
        "MiB",
        "NOT",
        "NetBox",
        "OF",
        "OUT",
        "PEM",
        "PROBLEM",
        "Parquet",
        "PostgreSQL",
        "REFUSED",
        "REFUSES",
        "RFC",
        "RUN",
        "SHA",
        "SNMP",
        "SQLite",
        "THIS",
        "TOML",
        "UTF",
        "UTF8",
        "VLAN",
        "VLANs",
        "WRONG",
        "chmod",
        "circuits",
        "clock",
        "copy",
        "createdb",
        "dead",
        "desk",
        "disable",
        "dump",
        "elliptic",
        "encoding",
        "eth",
        "first_month",
        "last_month",
        "leaflet",
        "letters",
        "locale",
        "loopback",
        "media",
        "months",
        "office",
        "office_days",
        "office_hours",
        "pg",
        "pgBackRest",
        "pg_dump",
        "ppp",
        "revoke",
        "salvage",
        "slug",
        "sslrootcert",
        "systemd",
        "template",
    }
)
"""What no page of the reference has as code, and everybody who types a command knows."""

OF_INSTALLERS = frozenset(
    {
        *("CHAP", "DHCP", "Ethernet", "ICMP", "ModemManager", "NAT64", "PADO", "PAP", "chrony"),
        *("AmbientCapabilities", "CAP_NET_RAW", "credential", "networkd", "pppd", "socket", "unit"),
        *("journalctl", "mmcli", "any", "reset", "nmcli", "connection", "modify", "gsm"),
        *("systemctl", "timedatectl", "ntp", "ping_group_range", "route", "add", "default"),
        *("sysctl", "conf", "rp_filter"),
    }
)
"""What the device's own system has, and its commands, as ``thongsuot-agent doctor`` names them."""

OF_PROGRAMS = frozenset(
    {"clock_stepped", "software_stamp", "timer_late", "cut_off", "not_kept", "undecided"}
)
"""Codes that stand in an English table as they do in ``--json``."""

_PLACES_OF_COMMANDS = re.compile(r"%\(\w+\)[sdr]|\{\{\w+\}\}|docs/how-to/[\w-]+\.md")
"""Where argparse fills something in, the places that an administrator writes, and pages."""


def messages() -> Iterator[tuple[str, str, str]]:
    """Yield each text of each language that people read: where it stands, language, text."""
    for folder in (catalogues.locales(room) for room in catalogues.ROOMS):
        for path in (*folder.glob("*.pot"), *folder.glob("en/*.po")):
            for message in catalogues.messages(catalogues.read(path)):
                is_reference = path.suffix == ".pot"
                of_language = catalogues.originals if is_reference else catalogues.texts
                language = REFERENCE if is_reference else "en"
                for text in of_language(message):
                    yield f"{_short(path)} {message.context}", language, text


def _is_of_commands(place: str) -> bool:
    """Return whether a message is of the command line, whose readers type settings and options."""
    return place.partition(" ")[0].rpartition("/")[2].partition(".")[0] in OF_COMMANDS


def _named_in_reference() -> frozenset[str]:
    """Return the words that stand in the code of the reference, also the parts of each."""
    names = set(OF_ADMINISTRATORS | OF_INSTALLERS | OF_PROGRAMS)
    for page in REFERENCES:
        text = (ROOT / "docs" / "reference" / f"{page}.md").read_text(encoding="utf-8")
        for code in re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL):
            names |= set(re.findall(r"\w+", code))
    return frozenset({part for name in names for part in (name, *name.split("_"))})


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT / path.relative_to(ROOT).parts[0]))


def test_no_message_has_a_word_that_the_glossary_does_not_explain() -> None:
    unknown = [
        f"{place}: {', '.join(words)}: {text}"
        for place, language, text in messages()
        if not _is_of_commands(place) and (words := unknown_words(text, language))
    ]
    assert unknown == []


def test_no_message_of_a_command_has_a_word_that_neither_glossary_nor_reference_has() -> None:
    named = _named_in_reference()
    unknown = [
        f"{place}: {', '.join(words)}: {text}"
        for place, language, text in messages()
        if _is_of_commands(place)
        and (words := set(unknown_words(_PLACES_OF_COMMANDS.sub(" ", text), language)) - named)
    ]
    assert unknown == []


def test_words_neither_in_glossary_nor_reference_are_found_in_a_message_of_a_command() -> None:
    text = "page_url trong tệp cấu hình bị corrupted"
    assert set(unknown_words(text, "vi")) - _named_in_reference() == {"corrupted"}


def test_no_message_says_what_the_glossary_says_otherwise() -> None:
    avoided = [
        f"{place}: {words}: {text}"
        for place, language, text in messages()
        for words in avoided_words(text, language)
    ]
    assert avoided == []


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("scene", sorted(SCENES))
def test_no_page_of_a_point_has_a_word_that_its_staff_do_not_know(
    scene: str, language: Language
) -> None:
    view = SCENES[scene]()
    document = HtmlDocument(site_page(view, language=language, refresh_s=15))
    names = [*names_of(view), "Tiếng Việt" if language == "en" else "English"]
    attributes = [
        value
        for _, attributes in document.elements
        for name in ("alt", "aria-label", "title")
        if (value := attributes.get(name))
    ]
    for text in (*document.words, *attributes):
        assert unknown_words(text, language, known=names) == [], text
        assert list(avoided_words(text, language)) == [], text


def names_of(view: SiteView) -> set[str]:
    """Return what is called by name on a page: points, carriers, circuits, portals, people."""
    subjects = (*view.links, *view.services)
    names = {view.title, view.site, view.commune, "Thông Suốt"}
    names |= {subject.carrier for subject in subjects} | {subject.circuit for subject in subjects}
    names |= {notification.reference for notification in view.notifications}
    names |= {view.nearest.title} if view.nearest is not None else set()
    names |= {subject.title_vi for subject in subjects} | {subject.title_en for subject in subjects}
    return {name for name in names if name}


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("Nhà mạng không phản hồi: timed_out", "vi", ["timed_out", "timed"]),
        ("Phiếu TT-1: inProgress", "vi", ["inProgress"]),
        ("The line is access_silent", "en", ["access_silent"]),
        ("Đường {line} mất kết nối (DNS)", "vi", []),
        ("The line is degraded {since", "en", ["{"]),
        ("Kết nối là rejected", "vi", ["rejected"]),
        ("Đã báo VNPT", "vi", ["VNPT"]),
        ("Không phản hồi: đã hết giờ", "en", ["Không", "phản", "hồi", "đã", "hết", "giờ"]),
    ],
)
def test_words_that_are_not_plain_are_found(text: str, language: str, words: list[str]) -> None:
    assert unknown_words(text, language) == list(dict.fromkeys(words))


def test_words_that_the_glossary_replaces_are_found() -> None:
    assert list(avoided_words("Máy chủ Không trả lời", "vi")) == ["không trả lời → không phản hồi"]
    assert list(avoided_words("Máy chủ không phản hồi", "vi")) == []
