"""Line: which echoes tell of a link itself, and the round trip and loss that they give."""

from collections.abc import Iterable
from dataclasses import dataclass

from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.segment import Segment
from thongsuot_schema.statistics import median

RECENT_RUNS = 12
"""Runs of a series over which loss is taken: at the default interval of 5 s, the last minute."""

_OWN_SEGMENTS = frozenset({Segment.ACCESS, Segment.CARRIER})
_OWN, _EXCHANGE, _UNDESCRIBED = range(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesEchoes:
    """
    The latest echoes of one series over a link.

    ``target`` is ``None`` where the inventory does not describe it. ``losses`` are the shares lost
    of its latest runs, ``rtt_s`` its newest round trip.
    """

    target: Target | None
    losses: tuple[float, ...]
    rtt_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFigures:
    """Round trip and loss of a link; ``None`` where nothing tells of it."""

    rtt_s: float | None = None
    loss_ratio: float | None = None


def line_figures(series: Iterable[SeriesEchoes]) -> LineFigures:
    """
    Return the median round trip and the mean loss on a link's own segments.

    Its own are the line and its carrier's network. Anchors beyond them, in other networks of the
    country, speak only where none of its own answers; those abroad and those at the site never do.
    A series that answered nothing lately while another did is silent, not lossy: that is a fault of
    one place, which the verdict names, and no rate of the link.
    """
    by_distance: dict[int, list[SeriesEchoes]] = {}
    for echoes in series:
        distance = _distance(echoes.target)
        if distance is not None and echoes.losses:
            by_distance.setdefault(distance, []).append(echoes)
    for _, group in sorted(by_distance.items()):
        answering = [echoes for echoes in group if min(echoes.losses) < 1.0]
        if answering:
            return _figures(answering)
    nearest = by_distance[min(by_distance)] if by_distance else []
    return _figures(nearest)


def _distance(target: Target | None) -> int | None:
    if target is None:
        return _UNDESCRIBED
    if target.role is not Role.ANCHOR:
        return None
    if target.segment in _OWN_SEGMENTS:
        return _OWN
    return _EXCHANGE if target.segment is Segment.TRANSIT and target.domestic else None


def _figures(series: list[SeriesEchoes]) -> LineFigures:
    losses = [loss for echoes in series for loss in echoes.losses]
    rtts = [echoes.rtt_s for echoes in series if echoes.rtt_s is not None]
    return LineFigures(
        rtt_s=median(rtts) if rtts else None,
        loss_ratio=sum(losses) / len(losses) if losses else None,
    )
