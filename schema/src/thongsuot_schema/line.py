"""Line: the echoes that measure a link itself, and their round trip and loss."""

from collections.abc import Iterable
from dataclasses import dataclass

from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.segment import Segment
from thongsuot_schema.statistics import median

RECENT_RUNS = 12
"""Runs of a series for the loss: at the default interval of 5 s, the last minute."""

_OWN_SEGMENTS = frozenset({Segment.ACCESS, Segment.CARRIER})
_OWN, _EXCHANGE, _UNDESCRIBED = range(3)


@dataclass(frozen=True, slots=True)
class EchoRun:
    """One run of echoes: its start, by the caller's clock in seconds, and the share lost."""

    at_s: float
    loss_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesEchoes:
    """
    The latest echoes of one series over a link.

    ``target`` is ``None`` where the inventory does not describe it. ``runs`` are its latest, in
    order, ``rtt_s`` is the round trip of the last.
    """

    target: Target | None
    runs: tuple[EchoRun, ...]
    rtt_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFigures:
    """Round trip and loss of a link; ``None`` if there is no data."""

    rtt_s: float | None = None
    loss_ratio: float | None = None


def line_figures(series: Iterable[SeriesEchoes], since_s: float | None = None) -> LineFigures:
    """
    Return the median round trip and the mean loss on a link's own segments.

    Only runs since ``since_s`` count, if given: the beginning of the link's current state. Losses
    of a past outage do not count for a line that works again.

    Its own segments are the line and its carrier's network. Anchors beyond them, in other networks
    of the country, only count if none on its own segments answers; those abroad and those at the
    site never count. A series without recent answers while another has some is silent, not lossy:
    that is a fault of one place, which the verdict names, and not a loss rate of the link.
    """
    by_distance: dict[int, list[SeriesEchoes]] = {}
    for echoes in series:
        distance = _distance(echoes.target)
        recent = _since(echoes, since_s)
        if distance is not None and recent.runs:
            by_distance.setdefault(distance, []).append(recent)
    for _, group in sorted(by_distance.items()):
        answering = [echoes for echoes in group if min(run.loss_ratio for run in echoes.runs) < 1.0]
        if answering:
            return _figures(answering)
    nearest = by_distance[min(by_distance)] if by_distance else []
    return _figures(nearest)


def is_of_line(target: Target | None) -> bool:
    """Return whether echoes of a target measure a link's own segments."""
    return _distance(target) == _OWN


def _since(echoes: SeriesEchoes, since_s: float | None) -> SeriesEchoes:
    if since_s is None:
        return echoes
    runs = tuple(run for run in echoes.runs if run.at_s >= since_s)
    return SeriesEchoes(target=echoes.target, runs=runs, rtt_s=echoes.rtt_s if runs else None)


def _distance(target: Target | None) -> int | None:
    if target is None:
        return _UNDESCRIBED
    if target.role is not Role.ANCHOR:
        return None
    if target.segment in _OWN_SEGMENTS:
        return _OWN
    return _EXCHANGE if target.segment is Segment.TRANSIT and target.domestic else None


def _figures(series: list[SeriesEchoes]) -> LineFigures:
    losses = [run.loss_ratio for echoes in series for run in echoes.runs]
    rtts = [echoes.rtt_s for echoes in series if echoes.rtt_s is not None]
    return LineFigures(
        rtt_s=median(rtts) if rtts else None,
        loss_ratio=sum(losses) / len(losses) if losses else None,
    )
