"""
Site configurations to bytes and back, and the names of their versions.

The content is JSON, because the answer to a push is; encoded the same way every time (fields in the
order of the types, keys of settings sorted, defaults left out), so that equal site configurations
have equal bytes. A version is called ``NUMBER-DIGEST``: the number for people, the first half of
the digest of the content for machines. The same content made anew is another version.
"""

import re

import msgspec

from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.errors import SiteConfigMalformed
from thongsuot_schema.siteconfig.model import FORMAT, OfferedConfig, SiteConfiguration

LARGEST_BYTES = 40 * 1024
"""
Maximum size of the content. A city's site configuration with fourteen portals and thirty anchors is
10 KB; an answer is limited to 64.
"""

NONE = "none"
"""Reported by an agent that only uses its settings file."""

_DIGEST_BYTES = 4
_VERSION = r"[1-9][0-9]{0,8}-[0-9a-f]{8}"
_RUNNING = re.compile(rf"(?P<version>{NONE}|{_VERSION})(?: !(?P<refused>{_VERSION}))?")

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(SiteConfiguration)


def encode(site_config: SiteConfiguration) -> bytes:
    """Return the content of a site configuration; equal site configurations have equal bytes."""
    return _ENCODER.encode(site_config)


def decode(content: bytes) -> SiteConfiguration:
    """
    Return the site configuration that a content holds. Unknown fields are skipped.

    Raises:
        SiteConfigMalformed: it is too large, no site configuration, or of a format that is not read
        here.
    """
    if len(content) > LARGEST_BYTES:
        raise SiteConfigMalformed(f"{len(content)} bytes, at most {LARGEST_BYTES} are taken")
    try:
        site_config = _DECODER.decode(content)
    except RecursionError as error:
        raise SiteConfigMalformed("nested too deeply to be read") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SiteConfigMalformed(str(error)) from error
    if site_config.format != FORMAT:
        raise SiteConfigMalformed(
            f"it is of format {site_config.format}; format {FORMAT} is read here"
        )
    return site_config


def short_digest(content: bytes) -> str:
    """Return the eight digits by which a content is known."""
    return digest_of(content)[:_DIGEST_BYTES].hex()


def version_of(offer: OfferedConfig) -> str:
    """Return the name of a version, made from the bytes that are there."""
    return f"{offer.number}-{short_digest(bytes(offer.content))}"


class RunningConfig(msgspec.Struct, frozen=True, kw_only=True):
    """
    An agent's report about site configurations with each push, in ``push.HEADER_SITE_CONFIG``.

    ``version`` is the running version, empty: only its settings file. ``refused`` is the newest
    version that it does not run and will not try again, empty: none newer than ``version``.
    """

    version: str = ""
    refused: str = ""

    @property
    def header_value(self) -> str:
        """The value of the header, such as ``7-3f9a0c1b`` or ``none !8-00c0ffee``."""
        text = self.version or NONE
        return f"{text} !{self.refused}" if self.refused else text


def parse_running_config(text: str) -> RunningConfig | None:
    """
    Return the content of a header; ``None`` if it cannot be read, or the agent does not support it.
    """
    match = _RUNNING.fullmatch(text)
    if match is None:
        return None
    version = match["version"]
    return RunningConfig(version="" if version == NONE else version, refused=match["refused"] or "")
