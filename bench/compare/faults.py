"""The faults that are compared: what breaks, and which parties must be notified."""

from collections.abc import Callable
from dataclasses import dataclass, field

from thongsuot_schema.segment import Party

CARRIER = "song-hong"
"""The carrier of every site's first line."""

LINK = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFault:
    """
    One fault. ``arguments`` are those at a site; a fault that ``is_of_all`` is applied once for all
    sites.

    ``parties`` must act: any other party that is notified is notified wrongly.
    """

    title: str
    name: str
    parties: frozenset[Party]
    arguments: Callable[[str], dict[str, object]]
    is_of_all: bool = False
    ends_tools: bool = field(default=False)
    """The processes at the site end with it and are not restarted."""


def _line(site: str) -> dict[str, object]:
    return {"site": site, "link": LINK}


def _lossy(site: str) -> dict[str, object]:
    return {"site": site, "link": LINK, "ratio": 0.2}


def _carrier(_: str) -> dict[str, object]:
    return {"carrier": CARRIER}


def _portal(_: str) -> dict[str, object]:
    return {"portal": "dichvucong"}


def _site(site: str) -> dict[str, object]:
    return {"site": site}


FAULTS = (
    ComparedFault(
        title="the fibre is cut",
        name="cut-fibre",
        parties=frozenset({Party.CARRIER}),
        arguments=_line,
    ),
    ComparedFault(
        title="the carrier's core is dead",
        name="core-down",
        parties=frozenset({Party.CARRIER}),
        arguments=_carrier,
        is_of_all=True,
    ),
    ComparedFault(
        title="a portal is dead",
        name="portal-refuses",
        parties=frozenset({Party.PORTAL}),
        arguments=_portal,
        is_of_all=True,
    ),
    ComparedFault(
        title="the carrier's name server is silent",
        name="resolver-down",
        parties=frozenset({Party.CARRIER}),
        arguments=_carrier,
        is_of_all=True,
    ),
    ComparedFault(
        title="the line loses 20 %",
        name="loss",
        parties=frozenset({Party.CARRIER}),
        arguments=_lossy,
    ),
    ComparedFault(
        title="the box of the line is without power",
        name="cpe-off",
        parties=frozenset({Party.COMMUNE}),
        arguments=_line,
    ),
    ComparedFault(
        title="the whole site is without power",
        name="power-cut",
        # Nothing at the site can tell why it is silent: whichever party checks first is right.
        parties=frozenset({Party.COMMUNE, Party.CITY}),
        arguments=_site,
        ends_tools=True,
    ),
)

DURING_OUTAGE = ("portal-refuses", {"portal": "motcua"})
"""The fault that is applied and repaired while the centre cannot be reached."""
