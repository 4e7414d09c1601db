"""New-flow memory: the results of new flows, which end near the site, over a link."""

from collections.abc import Collection

import msgspec

from thongsuot_schema.result import Family


class NewFlowRun(msgspec.Struct, kw_only=True):
    """
    One run of new flows to a target near the site.

    ``is_full_size``: whether a full-size packet was answered; ``None``: none could be sent.
    ``is_beside_lost_lookup``, ``is_beside_stalled_page``: a lookup that began at the same time got
    no answer, or a page in progress stalled. ``is_beside_open_echo``, ``is_beside_lost_open_echo``:
    an echo over an established flow that began at the same time was answered, or was not.
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
    """One echo over an established flow, to a target near the site."""

    target: str
    family: Family
    at_ns: int
    is_lost: bool


class NewFlowMemory(msgspec.Struct, kw_only=True):
    """
    The latest runs of a link, the echoes over established flows at the same time, when more were
    last requested, and which targets have ever answered: any new flow, or a full-size packet.
    """

    runs: list[NewFlowRun] = msgspec.field(default_factory=list)
    open_echoes: list[OpenEcho] = msgspec.field(default_factory=list)
    asked_ns: int = 0
    answering: set[str] = msgspec.field(default_factory=set)
    passing_full_size: set[str] = msgspec.field(default_factory=set)

    def open_lost_ratio(self, targets: Collection[str]) -> float:
        """
        Return the loss ratio of the latest echoes over established flows to some targets; zero if
        only one is lost, which may be chance.

        In the first seconds of a heavy loss most of a link's latest runs are from before it
        (2026-12: a line that lost a third was reported to the commune as a full table of its
        router).
        """
        losses = [echo.is_lost for echo in self.open_echoes if echo.target in targets]
        return sum(losses) / len(losses) if sum(losses) > 1 else 0.0
