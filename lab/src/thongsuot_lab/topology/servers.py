"""The servers that nodes run, as data; ``services`` holds one module for each kind."""

import msgspec


class PortalSpec(msgspec.Struct, frozen=True, kw_only=True, tag="portal"):
    """
    A public web portal: HTTP and HTTPS on their usual ports, at every address of its node.

    ``names`` are the host names of its certificate; ``text`` is what its page says, which is its
    Vietnamese title; ``title_en`` is the English one.
    """

    names: tuple[str, ...]
    text: str
    title_en: str = ""


class ResolverSpec(msgspec.Struct, frozen=True, kw_only=True, tag="resolver"):
    """A carrier's name server: asks those at ``upstream`` and remembers what they say."""

    upstream: tuple[str, ...]


class ZoneSpec(msgspec.Struct, frozen=True, kw_only=True, tag="zone"):
    """The name server that knows every public name of the lab."""


ServerSpec = PortalSpec | ResolverSpec | ZoneSpec
