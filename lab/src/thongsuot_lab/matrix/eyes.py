"""Eyes: what agents and collector say at this moment, asked by HTTP as anyone would."""

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass

import msgspec

from thongsuot_agent.status import AgentStatus
from thongsuot_lab.stack import parts
from thongsuot_lab.stack.city import CityStack
from thongsuot_schema.page.view import SiteView
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

_PATIENCE_S = 2.0

Saying = tuple[State, Segment | None, Symptom]
"""What is said of one subject."""

Said = dict[tuple[str, str], Saying]
"""What is said of all subjects, by link and service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """
    One site at one moment.

    ``agent`` is by link and service; ``collector`` has links and services of the site alone. Either
    is ``None`` where nobody answered.
    """

    agent: Said | None
    collector: Said | None

    def of_service(self, service: str) -> "Look":
        """Return what is said of one service alone."""
        return Look(agent=_only(self.agent, service), collector=_only(self.collector, service))

    @property
    def is_well(self) -> bool:
        """Whether agent and collector say the same of every subject: up."""
        return all(said is not None and _all_up(said) for said in (self.agent, self.collector))


def look_at(stack: CityStack, site: str) -> Look:
    """Ask the agent of a site and the collector."""
    view = parts.view_of(stack.addresses["collector"], site)
    return Look(
        agent=_agent(stack.addresses[f"agent-{site}"]),
        collector=None if view is None else _lights(view),
    )


def _only(said: Said | None, service: str) -> Said | None:
    return None if said is None else {key: what for key, what in said.items() if key[1] == service}


def _all_up(said: Said) -> bool:
    has_service = any(service for _, service in said)
    return has_service and all(state is State.UP for state, _, _ in said.values())


def waiting_at(stack: CityStack, site: str) -> int | None:
    """Return how many batches wait at an agent, ``None`` where it does not answer."""
    status = _status(stack.addresses[f"agent-{site}"])
    return None if status is None else status.record.waiting_batches


def _status(base: str) -> AgentStatus | None:
    try:
        with urllib.request.urlopen(f"{base}/status.json", timeout=_PATIENCE_S) as response:
            return msgspec.json.decode(response.read(), type=AgentStatus)
    except (urllib.error.URLError, http.client.HTTPException, OSError, msgspec.DecodeError):
        return None


def _agent(base: str) -> Said | None:
    status = _status(base)
    if status is None:
        return None
    return {
        (one.link, one.service): (one.state, one.segment, one.symptom) for one in status.verdicts
    }


def _lights(view: SiteView) -> Said:
    links = {(one.name, ""): (one.state, one.segment, one.symptom) for one in view.links}
    services = {("", one.name): (one.state, one.segment, one.symptom) for one in view.services}
    return links | services
