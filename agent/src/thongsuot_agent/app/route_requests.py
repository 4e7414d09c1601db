"""
Route requests: asking the part that may change rules and tables to make them.

The agent may not (it would need CAP_NET_ADMIN). It sees that its links' rules or tables are not
there, as when an interface was down or a network manager swept up, and writes a file;
``thongsuot-agent-routes.path`` sees that and starts ``thongsuot-agent-routes.service``.
"""

import logging
from collections.abc import Mapping
from pathlib import Path

from thongsuot_agent.clock import NS_PER_S
from thongsuot_agent.links.link import LiveLink

_log = logging.getLogger(__name__)

_FIRST_WAIT_NS = 10 * NS_PER_S
_LONGEST_WAIT_NS = 600 * NS_PER_S
"""
Delay between two requests, doubled each time: routes that cannot be made now (the interface has no
carrier) are made as soon as possible, and a machine without the unit is not asked repeatedly.
"""


class RouteRequests:
    """Writes the file while any link is without its rule; ``tick`` once a second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._wait_ns = 0
        self._next_ns = 0

    def tick(self, links: Mapping[str, LiveLink], now_ns: int) -> None:
        """Send a request if one is needed and the last one is long enough ago."""
        names = sorted(name for name, link in links.items() if _is_unmade(link))
        if not names:
            self._wait_ns = 0
            self._next_ns = 0
            return
        if now_ns < self._next_ns:
            return
        self._wait_ns = min(_LONGEST_WAIT_NS, max(_FIRST_WAIT_NS, 2 * self._wait_ns))
        self._next_ns = now_ns + self._wait_ns
        listed = ", ".join(names)
        _log.warning("no rule, or no VLAN, for the packets of %s; requesting it", listed)
        try:
            self._path.write_text(f"{listed}\n", encoding="utf-8")
        except OSError as error:
            _log.warning(
                "cannot request the rules of %s (%s): %s; retrying in %d s",
                listed,
                self._path,
                error.strerror,
                self._wait_ns // NS_PER_S,
            )


def _is_unmade(link: LiveLink) -> bool:
    """Return whether the routes or rules of a link are missing."""
    return link.state.unrouted or (link.spec.vlan is not None and not link.state.present)
