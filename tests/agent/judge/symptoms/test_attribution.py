"""A foreign certificate on everything is an interception; on one service it is that service's."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.keys import SeriesKey
from thongsuot_agent.judge.link_context import NS_PER_S, LinkContext
from thongsuot_agent.judge.memory import LinkMemory, Memory, Track
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.symptoms.attribution import INTERCEPTED, attribute_failure
from thongsuot_agent.judge.symptoms.failure_modes import Health
from thongsuot_agent.judge.symptoms.service_over_link import ServiceOverLink
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

NOW_NS = 1_000 * NS_PER_S
UNTRUSTED, OTHER_NAME = Reason.CERTIFICATE_UNTRUSTED, Reason.CERTIFICATE_NAME_MISMATCH

Shown = tuple[Reason | None, str]
"""How a service fails (``None``: it works), and who issued the certificate that was shown."""


def is_intercepted(*shown: Shown) -> bool:
    link = LinkMemory(name="fixed")
    tracks = []
    for name, (reason, issuer) in zip(("motcua", "dichvucong", "thue"), shown, strict=False):
        track = Track(kind="http", target=name, family=Family.IP4, issuer=issuer)
        if reason is None:
            track.worked_ns = NOW_NS
        else:
            track.failed_ns, track.failures, track.reason = NOW_NS, 2, reason
        link.tracks[SeriesKey("http", name, Family.IP4)] = track
        tracks.append(track)
    at = LinkContext(
        Memory(links={"fixed": link}, now_ns=NOW_NS), link, two_links().links["fixed"], Settings()
    )
    here = ServiceOverLink(link, {Family.IP4: Health.BAD}, {Family.IP4: tracks[0]})
    return attribute_failure(at, here, tracks[0], ()) == INTERCEPTED


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ([(UNTRUSTED, "box"), (UNTRUSTED, "box")], True),
        ([(UNTRUSTED, "box"), (OTHER_NAME, "box")], True),
        ([(UNTRUSTED, ""), (UNTRUSTED, "box")], True),
        ([(UNTRUSTED, "box"), (UNTRUSTED, "another")], False),
        ([(UNTRUSTED, "box")], False),
        ([(UNTRUSTED, "box"), (None, "an authority")], False),
        ([(UNTRUSTED, "box"), (UNTRUSTED, "box"), (Reason.CONNECTION_REFUSED, "")], False),
        ([(UNTRUSTED, "box"), (UNTRUSTED, "box"), (Reason.NAME_WITHOUT_ADDRESS, "")], True),
        ([(Reason.CONNECTION_REFUSED, ""), (Reason.CONNECTION_REFUSED, "")], False),
    ],
)
def test_one_issuer_of_foreign_certificates_on_all_services_is_an_interception(
    shown: list[Shown], expected: bool
) -> None:
    assert is_intercepted(*shown) is expected
