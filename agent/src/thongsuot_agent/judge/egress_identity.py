"""What is remembered of the carrier by whose line a link's packets leave."""

import msgspec

from thongsuot_schema.result import Family

_SILENT_NS = 30_000_000_000
"""Some may be silent for the other line's customers: here nothing at all answers, for long."""


class EgressIdentity(msgspec.Struct, kw_only=True):
    """
    By whose line a link's packets leave (see ``judge.egress``).

    ``others`` is by whose, of each family that does not leave by the link's own carrier, since
    ``since_ns``. ``proven_ns`` is the start of the latest run that found no other;
    ``unanswered_ns`` are the starts of runs since the reflector answered, the latest few, but for
    those of an outage in which nothing does;
    ``answered_ns`` is the latest run that anything beyond the site answered; ``asked_ns`` is when
    the reflector was last asked by the judge.
    ``other_answered_ns`` and ``other_silent_ns`` are the latest runs of each sort over the other
    line. ``used`` is by whose line packets left last, of a link that stands for no carrier's.
    ``signs`` are the carriers that the device itself sees, other than the link's own, by the kind
    of run that saw each; ``own_ns`` is the latest run in which the far end saw the link's own.
    """

    others: dict[Family, str] = msgspec.field(default_factory=dict)
    since_ns: int = 0
    proven_ns: int = 0
    unanswered_ns: list[int] = msgspec.field(default_factory=list)
    asked_ns: int = 0
    answered_ns: int = 0
    other_answered_ns: int = 0
    other_silent_ns: int = 0
    used: str = ""
    signs: dict[str, str] = msgspec.field(default_factory=dict)
    own_ns: int = 0

    @property
    def is_other_line_alive(self) -> bool:
        """Whether the line by which packets leave, another than the link's, carries anything."""
        return self.other_silent_ns - self.other_answered_ns <= _SILENT_NS

    @property
    def carrier(self) -> str:
        """By whose line packets leave, where not by the link's own."""
        return next((self.others[family] for family in sorted(self.others)), "")
