"""Finding the address of a service over the link itself."""

from dataclasses import replace

import pytest

from tests.agent.links.device import ANCHOR4, ANCHOR6, on_device
from tests.agent.probes.http.visiting import (
    HOST,
    PATIENT,
    SHORT,
    measure,
    portal,
    quiet,
    visit,
)
from tests.agent.probes.web_server import (
    page,
)
from tests.agent.probing.name_server import ScriptedNameServer, zone
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Finding

pytestmark = [pytest.mark.lab, needs_lab]


def test_a_name_that_does_not_resolve_says_why(lab: Lab) -> None:
    finding = measure(lab, page(), of=portal("http://gone.example/"))
    assert (finding.outcome, finding.reason) == (Outcome.FAILED, Reason.NAME_NOT_FOUND)
    assert finding.values.keys() == {"http_resolve_seconds"}
    lies = measure(lab, page(), behave=zone(f"{HOST}. 300 A 127.0.0.1"))
    assert (lies.outcome, lies.reason) == (Outcome.FAILED, Reason.NAME_ANSWER_FORGED)
    # The second resolver's host says that nobody listens there: no fault of the portal.
    nobody = measure(lab, page(), behave=quiet, settings=SHORT)
    assert (nobody.outcome, nobody.reason) == (Outcome.FAILED, Reason.NAME_SERVER_FAILED)


def test_a_name_server_that_is_silent_is_distinguished_from_the_portal(lab: Lab) -> None:
    spec = Spec(name="fixed", interface="fix0", resolvers=(ANCHOR4,))

    measured = measure(lab, page(), of=portal(), behave=quiet, settings=SHORT, fixed=spec)
    assert (measured.outcome, measured.reason) == (Outcome.FAILED, Reason.NAME_SERVER_TIMED_OUT)
    assert measured.values == {}


def test_the_second_resolver_is_asked_when_the_first_is_silent(lab: Lab) -> None:
    spec = Spec(name="fixed", interface="fix0", resolvers=("203.0.113.2", ANCHOR4))

    async def run(monitor: LinkMonitor) -> Finding:
        anchor = lab.node("anchor")
        async with ScriptedNameServer(anchor, "203.0.113.2", quiet):
            settings = replace(PATIENT, resolve_timeout_s=1.0)
            finding, _ = await visit(lab, monitor, portal(f"http://{HOST}/"), settings, page())
            return finding

    measured = on_device(lab, run, (spec,))
    assert measured.outcome is Outcome.OK
    assert measured.values["http_resolve_seconds"] > 0.5


def test_an_address_in_the_url_is_not_resolved(lab: Lab) -> None:
    finding = measure(lab, page(), of=portal(f"http://{ANCHOR4}/"))
    assert finding.outcome is Outcome.OK
    assert "http_resolve_seconds" not in finding.values
    other = measure(lab, page(), of=portal(f"http://[{ANCHOR6}]/"))
    assert (other.outcome, other.reason) == (Outcome.UNMEASURED, Reason.NOT_SUPPORTED)
