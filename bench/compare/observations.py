"""What a run has shown, as it is kept between measuring and the table."""

import msgspec

from thongsuot_schema.segment import Party


class ToldOf(msgspec.Struct, frozen=True, kw_only=True):
    """
    Who was told of one fault by one tool.

    ``right_s``: after how long the first party that has to act, ``None`` if none was while the
    fault lasted; ``late_s`` if it was after its end. ``first_s`` is the first message to anybody.
    ``messages`` and ``to_others`` count those that do not say that it is over; ``said`` has all.
    """

    right_s: float | None
    late_s: float | None
    first_s: float | None
    messages: int
    to_others: int
    other_parties: tuple[Party, ...] = ()
    is_over_told: bool
    said: tuple[str, ...] = ()


class CentreOutage(msgspec.Struct, frozen=True, kw_only=True):
    """
    What became of a time in which the centre could not be reached.

    ``told_s`` is how long after the return of its line somebody heard of the fault that began and
    ended meanwhile; ``None``: nobody did.
    """

    on_device: int
    in_centre: int | None
    told_s: float | None


class PeerObservations(msgspec.Struct, kw_only=True):
    """One tool with one set of settings; ``missing``: why it was not played."""

    name: str
    settings: str
    version: str
    missing: str = ""
    memory_bytes: int = 0
    bytes_per_s: dict[str, float] = {}
    told: dict[str, ToldOf] = {}
    outage: CentreOutage | None = None


class ComparisonRun(msgspec.Struct, kw_only=True):
    """One run: when, on what, how long each fault lasted."""

    date: str
    machine: str
    hold_s: float
    window_s: float
    outage_s: float
    peers: list[PeerObservations] = []
