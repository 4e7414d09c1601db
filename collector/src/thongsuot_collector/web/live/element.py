"""The element that makes a page live: a script beside the one that refreshes every page."""

from typing import Final
from urllib.parse import urlencode

from thongsuot_schema.page.escape import escape

LIVE_SCRIPT: Final = """\
(()=>{
const stream=document.currentScript.dataset.live;
if(!window.EventSource)return;
let seen="";
new EventSource(stream).onmessage=event=>{
const isNew=seen&&event.data!==seen;
seen=event.data;
// What the other script listens to: it asks for the page at once, where somebody looks at it.
if(isNew)document.dispatchEvent(new Event("visibilitychange"))
}
})()
"""

PATH = "/live"


def live_element(topic: str, key: str = "") -> str:
    """
    Return the script that follows a page after it has loaded; ``key`` is that of the link that
    opened the page.
    """
    query = {"of": topic} | ({"key": key} if key else {})
    url = escape(f"{PATH}?{urlencode(query)}")
    return f'<script data-live="{url}">{LIVE_SCRIPT}</script>'
