"""
Answer links: one link in a message for each answer that its party can give.

A link is signed, contains its party, incident and expiry, and is valid for one answer: the incident
stores the link's token with the answer. Opening it changes nothing, so mail scanners may open it.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import msgspec

from thongsuot_collector.incidents.answer import AnswerKind
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.party import ResponsibleParty, parse_responsible_party
from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks
from thongsuot_schema.segment import Party

ANSWERING: Final = frozenset({Party.CARRIER, Party.PORTAL})
"""The parties whose messages have answer links."""

GOOD_FOR_S: Final = 14 * 86_400
"""Incidents that last longer than two weeks are discussed by other means."""

_PURPOSE = "answer"
_CHARACTERS = 400
"""An upper bound for the length of a link."""


class AnswerGrant(msgspec.Struct, frozen=True, kw_only=True):
    """
    The content of a link: one answer of a kind, about an incident, for a party.

    ``number`` is that of its notification, ``until_s`` its expiry (Unix seconds), ``token`` its
    unique name.
    """

    incident: str
    party: ResponsibleParty
    number: int
    kind: AnswerKind
    until_s: int
    token: str


class AnswerLinks:
    """Makes and verifies the links."""

    def __init__(self, links: IncidentLinks) -> None:
        self._links = links

    def urls(
        self, incident: str, party: ResponsibleParty, *, number: int, issued_ns: int
    ) -> tuple[tuple[AnswerKind, str], ...]:
        """Return a link for each answer; none if people cannot open our pages."""
        if not self._links.page_url("/"):
            return ()
        until_s = issued_ns // NS_PER_S + GOOD_FOR_S
        return tuple(
            (kind, self._url(f"{incident} {party} {number} {kind} {until_s}"))
            for kind in AnswerKind
        )

    def grant(self, token: str) -> AnswerGrant | None:
        """Return the content of a link; ``None`` if it is not one of ours."""
        encoded, _, signature = token[:_CHARACTERS].partition(".")
        try:
            text = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("ascii")
        except ValueError:
            return None
        if not self._links.is_signed(_PURPOSE, text, signature):
            return None
        incident, party, number, kind, until_s = text.split(" ")
        return AnswerGrant(
            incident=incident,
            party=parse_responsible_party(party),
            number=int(number),
            kind=AnswerKind(kind),
            until_s=int(until_s),
            token=signature,
        )

    def _url(self, text: str) -> str:
        encoded = urlsafe_b64encode(text.encode("ascii")).decode().rstrip("=")
        signature = self._links.signature(_PURPOSE, text)
        return self._links.page_url(f"/answers/{encoded}.{signature}")
