"""The frame of the collector's pages: it escapes whatever it is given, and forgives no gap."""

import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

import pytest
from jinja2 import UndefinedError

from tests.schema.page.document import HtmlDocument
from thongsuot_collector.web import labels
from thongsuot_collector.web.layout import CONTENT_SECURITY_POLICY, Frame, render
from thongsuot_schema.state import State

HOSTILE = "<img src=x onerror=alert(1)>\"'&"
CONTENT = {"labels": labels, "links": []}
TEMPLATES = files("thongsuot_collector.web") / "templates"


def page(text: str) -> str:
    frame = Frame(
        title=text,
        state=State.DOWN,
        url_in=lambda _other: f"/?q={text}",
        home_url=text,
        place=text,
        refresh_s=5,
    )
    content = {**CONTENT, "rows": [], "query": text, "heard": str}
    return render("sites", frame, "vi", content)


def test_values_in_a_page_always_stay_text() -> None:
    document = HtmlDocument(page(HOSTILE))
    assert not document.all("img")
    assert document.text.count(HOSTILE) == 3


def test_a_page_that_lacks_something_is_not_a_page() -> None:
    frame = Frame(title="", state=State.UP, url_in="/?lang={}".format)
    with pytest.raises(UndefinedError, match="rows"):
        render("sites", frame, "vi", {**CONTENT, "query": ""})


def test_only_icons_style_and_script_are_written_as_they_are() -> None:
    unescaped = {
        expression.strip()
        for file in TEMPLATES.iterdir()
        for expression in re.findall(r"{{([^{}]*)\|\s*safe\s*}}", file.read_text("utf-8"))
    }
    assert {re.sub(r"\(.*\)", "", expression) for expression in unescaped} == {
        "icon",
        "icon_parts",
        "brand",
        "style",
        "script",
        "chart",
        "frame.live",
        "lifeline",
        "picture",
    }
    assert not any("autoescape" in file.read_text("utf-8") for file in TEMPLATES.iterdir())


def test_the_policy_names_the_one_style_sheet_and_the_one_script_of_a_page() -> None:
    text = page("Hà Nội")
    for tag in ("style", "script"):
        (inline,) = re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", text, re.DOTALL)
        digest = b64encode(sha256(inline.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in CONTENT_SECURITY_POLICY
