"""New-flow memory: what flows that began lately, and ended near the site, have shown of a link."""

import msgspec

from thongsuot_schema.result import Family


class NewFlowRun(msgspec.Struct, kw_only=True):
    """
    One run of new flows to a target near the site.

    ``is_full_size``: whether a packet of full size was answered; ``None``: none could be tried.
    ``is_beside_lost_lookup``, ``is_beside_stalled_page``: a lookup that began at the same time got
    no answer, or a page that was under way came to a halt. ``is_beside_open_echo``,
    ``is_beside_lost_open_echo``: an echo over an open flow that began at the same time was
    answered, or was not.
    """

    target: str
    family: Family
    at_ns: int
    answered_ratio: float
    is_full_size: bool | None = None
    is_beside_lost_lookup: bool = False
    is_beside_stalled_page: bool = False
    is_beside_open_echo: bool = False
    is_beside_lost_open_echo: bool = False


class OpenEcho(msgspec.Struct, frozen=True, kw_only=True):
    """One echo over a flow that was open, to a target near the site."""

    target: str
    family: Family
    at_ns: int
    is_lost: bool


class NewFlowMemory(msgspec.Struct, kw_only=True):
    """
    The latest runs of a link, the echoes over open flows beside them, when more were last asked
    for, and who ever answered: any new flow, or a packet of full size.
    """

    runs: list[NewFlowRun] = msgspec.field(default_factory=list)
    open_echoes: list[OpenEcho] = msgspec.field(default_factory=list)
    asked_ns: int = 0
    answering: set[str] = msgspec.field(default_factory=set)
    passing_full_size: set[str] = msgspec.field(default_factory=set)
