"""The policy that the page is sent with, and what it lets through."""

import base64
import hashlib
import re

from tests.schema.page.healthy_site import site
from thongsuot_schema.page.icons import tab_icon
from thongsuot_schema.page.render import site_page
from thongsuot_schema.page.script import CONTENT_SECURITY_POLICY
from thongsuot_schema.state import State


def source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_names_exactly_the_style_and_the_script_of_the_page() -> None:
    page = site_page(site(), language="vi")
    policy = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    [script] = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    assert policy["style-src"] == f"'self' {source(style)}"
    assert policy["script-src"] == source(script)
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in CONTENT_SECURITY_POLICY


def test_the_tab_shows_each_state_in_a_picture_that_an_attribute_can_hold() -> None:
    icons = {tab_icon(state) for state in State}
    assert len(icons) == len(State)
    for address in icons:
        assert address.startswith("data:image/svg+xml,%3Csvg")
        assert not set(' "<>#') & set(address)
