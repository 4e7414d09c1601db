"""The observations of a run, as stored between measuring and the table."""

import msgspec

from thongsuot_schema.segment import Party


class ToldOf(msgspec.Struct, frozen=True, kw_only=True):
    """
    The notifications of one tool about one fault.

    ``right_s``: the delay until the first party that must act was notified, ``None`` if none was
    while the fault lasted; ``late_s``: the delay if that was after its end. ``first_s`` is the
    first message to anybody. ``messages`` and ``to_others`` count messages other than reports of
    the end; ``said`` has all messages.
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
    The results of a time in which the centre could not be reached.

    ``told_s`` is the delay, after its line returned, until somebody was notified of the fault that
    began and ended meanwhile; ``None``: nobody was.
    """

    on_device: int
    in_centre: int | None
    told_s: float | None


class PeerObservations(msgspec.Struct, kw_only=True):
    """One tool with one set of settings; ``missing``: why it was not run."""

    name: str
    settings: str
    version: str
    missing: str = ""
    memory_bytes: int = 0
    bytes_per_s: dict[str, float] = {}
    told: dict[str, ToldOf] = {}
    outage: CentreOutage | None = None


class ComparisonRun(msgspec.Struct, kw_only=True):
    """One run: its date, its machine, and the duration of each fault."""

    date: str
    machine: str
    hold_s: float
    window_s: float
    outage_s: float
    peers: list[PeerObservations] = []
