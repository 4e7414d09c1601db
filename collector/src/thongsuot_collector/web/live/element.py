"""The element by which a page becomes live."""

from urllib.parse import urlencode

from thongsuot_collector.web.live.script import LIVE_SCRIPT
from thongsuot_schema.page.escape import escape

PATH = "/live"


def live_element(topic: str, key: str = "") -> str:
    """
    Return the script that follows a page, from when it has loaded; ``key`` is that of the link by
    which the page was opened.
    """
    query = {"of": topic} | ({"key": key} if key else {})
    url = escape(f"{PATH}?{urlencode(query)}")
    return f'<script data-live="{url}">{LIVE_SCRIPT}</script>'
