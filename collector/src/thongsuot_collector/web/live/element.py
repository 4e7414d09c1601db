"""The element by which a page becomes live."""

from urllib.parse import urlencode

from thongsuot_collector.web.live.script import LIVE_SCRIPT

PATH = "/live"


def live_element(topic: str) -> str:
    """Return the script that follows a page, from when it has loaded."""
    url = f"{PATH}?{urlencode({'of': topic})}"
    return f'<script data-live="{url}">{LIVE_SCRIPT}</script>'
