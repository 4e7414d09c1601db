"""Borrowed resolver: name servers of the whole device do not always belong to this link."""

from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_schema.catalogue import dns


def is_borrowed_resolver(at: LinkContext) -> bool:
    """
    Return whether the link's name servers are the whole device's and have never answered over the
    link.

    ``/etc/resolv.conf`` does not tell the link of a server: with two carriers the second link "has"
    the first one's servers, which drop or refuse foreign customers (2026-11: the second carrier was
    blamed after 12 s, for the whole test).
    """
    facts = at.link.facts
    if facts is None or not facts.shared_resolvers or len(at.memory.links) < 2:
        return False
    return not any(
        track.kind == dns.KIND.name
        and track.worked_ns is not None
        and (point := at.probes.point_of(track)) is not None
        and point.is_first_resolver
        for track in at.link.tracks.values()
    )
