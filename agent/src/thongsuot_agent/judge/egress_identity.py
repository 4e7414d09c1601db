"""The remembered evidence about the carrier by which a link's packets leave."""

import msgspec

from thongsuot_schema.result import Family

_SILENT_NS = 30_000_000_000
"""
Some targets do not answer the other line's customers; this limit means that no target has answered
for a long time.
"""


class EgressIdentity(msgspec.Struct, kw_only=True):
    """
    The carrier by which a link's packets leave (see ``judge.egress``).

    ``others`` are the carriers of the families that do not leave by the link's own carrier, since
    ``since_ns``. ``proven_ns`` is the start of the latest run that found only the own one;
    ``unanswered_ns`` are the starts of the latest runs since the reflector's last answer, except
    those during an outage without any answer; ``answered_ns`` is the latest run answered by a
    target beyond the site; ``asked_ns`` is when the judge last requested an egress probe.
    ``other_answered_ns`` and ``other_silent_ns`` are the latest answered and unanswered runs over
    the other line. ``used`` is the last carrier of a link that represents its router's choice.
    ``signs`` are the carriers other than the link's own that the device itself sees, by the kind of
    probe; ``own_ns`` is the latest run in which the far end saw the link's own carrier.
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
        """
        Whether the line by which packets leave, if it is not the link's own, carries any traffic.
        """
        return self.other_silent_ns - self.other_answered_ns <= _SILENT_NS

    @property
    def carrier(self) -> str:
        """The carrier by which packets leave, if it is not the link's own."""
        return next((self.others[family] for family in sorted(self.others)), "")
