"""The current state at agents and collector, read over HTTP as by any client."""

import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass

import msgspec

from thongsuot_agent.status import AgentStatus
from thongsuot_lab.stack import components
from thongsuot_lab.stack.city import CityStack
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import SiteView

_TIMEOUT_S = 2.0

ReportedState = tuple[State, Segment | None, Symptom]
"""The state of one subject."""

ReportedStates = dict[tuple[str, str], ReportedState]
"""The states of all subjects, by link and service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteObservation:
    """
    One site at one moment.

    ``agent`` is by link and service; ``collector`` has links and services of the site alone. Either
    is ``None`` if it did not answer.
    """

    agent: ReportedStates | None
    collector: ReportedStates | None

    def for_service(self, service: str) -> "SiteObservation":
        """Return the states of one service only."""
        return SiteObservation(
            agent=_of_service(self.agent, service), collector=_of_service(self.collector, service)
        )

    @property
    def is_healthy(self) -> bool:
        """Whether agent and collector report every subject as up."""
        return all(
            states is not None and _all_up(states) for states in (self.agent, self.collector)
        )


def observe_site(stack: CityStack, site: str) -> SiteObservation:
    """Query the agent of a site and the collector."""
    view = components.fetch_site_view(stack.addresses["collector"], site)
    return SiteObservation(
        agent=_agent_states(stack.addresses[f"agent-{site}"]),
        collector=None if view is None else _collector_states(view),
    )


def _of_service(states: ReportedStates | None, service: str) -> ReportedStates | None:
    return (
        None
        if states is None
        else {key: state for key, state in states.items() if key[1] == service}
    )


def _all_up(states: ReportedStates) -> bool:
    has_service = any(service for _, service in states)
    return has_service and all(state is State.UP for state, _, _ in states.values())


def count_waiting_batches(stack: CityStack, site: str) -> int | None:
    """Return the number of batches waiting at an agent, ``None`` if it does not answer."""
    status = _status(stack.addresses[f"agent-{site}"])
    return None if status is None else status.record.waiting_batches


def _status(base: str) -> AgentStatus | None:
    try:
        with urllib.request.urlopen(f"{base}/status.json", timeout=_TIMEOUT_S) as response:
            return msgspec.json.decode(response.read(), type=AgentStatus)
    except (
        urllib.error.URLError,
        http.client.HTTPException,
        OSError,
        msgspec.DecodeError,
        UnicodeDecodeError,
    ):
        return None


def _agent_states(base: str) -> ReportedStates | None:
    status = _status(base)
    if status is None:
        return None
    return {
        (verdict.link, verdict.service): (verdict.state, verdict.segment, verdict.symptom)
        for verdict in status.verdicts
    }


def _collector_states(view: SiteView) -> ReportedStates:
    links = {(light.name, ""): (light.state, light.segment, light.symptom) for light in view.links}
    services = {
        ("", light.name): (light.state, light.segment, light.symptom) for light in view.services
    }
    return links | services
