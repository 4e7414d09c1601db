"""The element that makes a page live."""

from urllib.parse import urlencode

from thongsuot_collector.web.live.script import LIVE_SCRIPT
from thongsuot_schema.page.escape import escape

PATH = "/live"


def live_element(topic: str, key: str = "") -> str:
    """
    Return the script that follows a page after it has loaded; ``key`` is that of the link that
    opened the page.
    """
    query = {"of": topic} | ({"key": key} if key else {})
    url = escape(f"{PATH}?{urlencode(query)}")
    return f'<script data-live="{url}">{LIVE_SCRIPT}</script>'
