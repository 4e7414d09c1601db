"""
Speedtest Mini: the pages requested by speedtest-cli and similar tools. Pure.

Source: the requests of speedtest-cli 2.1.3; it also needs a configuration and a list of servers,
which Ookla's own host provides and which are generated here.
"""

import re
from dataclasses import dataclass
from html import escape

_IMAGE = re.compile(r"(?:/speedtest)?/random(\d+)x\1\.jpg")
_UPLOAD = re.compile(r"(?:/speedtest)?/upload\.(?:php|asp|aspx|jsp)")

_IMAGES = {
    350: 245_388,
    500: 505_544,
    750: 1_118_012,
    1000: 1_986_284,
    1500: 4_468_241,
    2000: 7_907_740,
    2500: 12_407_926,
    3000: 17_816_816,
    3500: 24_262_167,
    4000: 31_625_365,
}
"""Bytes of each image by its width, as on Ookla's servers."""

_CONFIGURATION = """\
<?xml version="1.0" encoding="UTF-8"?>
<settings>
<client ip="0.0.0.0" lat="21.03" lon="105.85" isp="" isprating="0" rating="0" ispdlavg="0" \
ispulavg="0" loggedin="0" country="VN"/>
<server-config threadcount="4" ignoreids="" notonmap="" forcepingid="" preferredserverid=""/>
<download testlength="10" initialtest="250K" mintestsize="250K" threadsperurl="4"/>
<upload testlength="10" ratio="5" initialtest="0" mintestsize="32K" threads="2" \
maxchunksize="512K" maxchunkcount="50" threadsperurl="4"/>
</settings>
"""

_SERVERS = """\
<?xml version="1.0" encoding="UTF-8"?>
<settings><servers>
<server url="{base}/speedtest/upload.php" lat="21.03" lon="105.85" name="Thông Suốt" \
country="Việt Nam" cc="VN" sponsor="Thông Suốt" id="1" host="{host}"/>
</servers></settings>
"""

_INDEX = '<!DOCTYPE html><title>Speedtest Mini</title><script>upload_extension: "php"</script>\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class MiniPage:
    """One answer."""

    body: bytes
    content_type: bytes


def is_upload(path: str) -> bool:
    """Return whether a path accepts uploads."""
    return _UPLOAD.fullmatch(path) is not None


def image_bytes(path: str) -> int | None:
    """Return the size of an image, ``None`` if the path is not one of an existing image."""
    match = _IMAGE.fullmatch(path)
    return None if match is None else _IMAGES.get(int(match[1]))


def mini_page(path: str, base: str) -> MiniPage | None:
    """Return a page, for a client that reached us at ``base``; ``None`` if there is none."""
    host = base.partition("://")[2]
    texts = {
        "/speedtest-config.php": (_CONFIGURATION, b"text/xml; charset=utf-8"),
        "/speedtest-servers-static.php": (
            _SERVERS.format(base=escape(base), host=escape(host)),
            b"text/xml; charset=utf-8",
        ),
        "/speedtest/latency.txt": ("test=test\n", b"text/plain; charset=utf-8"),
        "/latency.txt": ("test=test\n", b"text/plain; charset=utf-8"),
        "/speedtest/upload.php": ("size=0", b"text/plain; charset=utf-8"),
        "/": (_INDEX, b"text/html; charset=utf-8"),
        "": (_INDEX, b"text/html; charset=utf-8"),
    }
    if path not in texts:
        return None
    text, content_type = texts[path]
    return MiniPage(body=text.encode(), content_type=content_type)
