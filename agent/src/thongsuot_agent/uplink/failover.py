"""
Selects the order of a collector's addresses and of links for a push. Pure: time is a parameter.

Several addresses are several machines of one cluster: each accepts the same batches, and recognises
a batch that was sent to another. So any that answers will do.
"""

from collections.abc import Callable, Iterator, Sequence

from thongsuot_agent.clock import NS_PER_S
from thongsuot_agent.uplink.connection import CollectorEndpoint
from thongsuot_runtime.backoff import Backoff

_FIRST_REST_S = 15.0
"""A restarting machine is back after some seconds, one push later."""

_LONGEST_REST_S = 600.0
"""For a machine that is away for days: each trial may delay a push by some seconds."""


class EndpointOrder:
    """The addresses of one collector, in the order in which the next push is to try them."""

    def __init__(self, endpoints: Sequence[CollectorEndpoint], jitter: Callable[[], float]) -> None:
        self._endpoints = tuple(endpoints)
        self._backoffs = {
            endpoint.url: Backoff(first_s=_FIRST_REST_S, limit_s=_LONGEST_REST_S, random=jitter)
            for endpoint in self._endpoints
        }
        self._rests_until_ns: dict[str, int] = {}
        self.answering_url = ""
        """The address that answered last; empty: none."""

    def at(self, now_ns: int, *, is_urgent: bool = False) -> tuple[CollectorEndpoint, ...]:
        """
        Return all of them, the best first: in configured order, recently failed ones last.

        An urgent push goes to the one that answered last: it must not be the trial of another one.
        """

        def rank(endpoint: CollectorEndpoint) -> tuple[bool, int]:
            is_surest = is_urgent and endpoint.url == self.answering_url
            rest_ns = self._rests_until_ns.get(endpoint.url, 0)
            return not is_surest, max(rest_ns - now_ns, 0)

        return tuple(sorted(self._endpoints, key=rank))

    def is_trial(self, endpoint: CollectorEndpoint) -> bool:
        """Return whether a failed one is being tried while another is known to work."""
        return (
            endpoint.url in self._rests_until_ns
            and self.answering_url != ""
            and self.answering_url not in self._rests_until_ns
        )

    def note_answer(self, endpoint: CollectorEndpoint) -> None:
        """Record an answer."""
        self.answering_url = endpoint.url
        self._backoffs[endpoint.url].reset()
        self._rests_until_ns.pop(endpoint.url, None)

    def note_failure(self, endpoint: CollectorEndpoint, now_ns: int) -> None:
        """Record a failure to answer or to accept a batch; others are tried first for a while."""
        rest_s = self._backoffs[endpoint.url].next_wait_s()
        self._rests_until_ns[endpoint.url] = now_ns + round(rest_s * NS_PER_S)


def ways_to_try(
    endpoints: Sequence[CollectorEndpoint],
    links_to: Callable[[CollectorEndpoint], Sequence[str]],
) -> Iterator[tuple[str, CollectorEndpoint]]:
    """
    Yield each link with each address, the best first.

    Consecutive pairs differ in both: if one line or one machine is dead, the second pair works,
    without waiting twice for the dead one.
    """
    links = [tuple(links_to(endpoint)) for endpoint in endpoints]
    for turn in range(len(endpoints)):
        for place in range(max(map(len, links))):
            at = (place + turn) % len(endpoints)
            if place < len(links[at]):
                yield links[at][place], endpoints[at]
