"""What a proxy's own answers mean, and how they are told from the portal's."""

from pathlib import Path

import pytest

from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probing.proxy import proxy_of, reason_by_answer
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

SQUID = {"server": "squid/6.13", "x-squid-error": "ERR_CONNECT_FAIL 110", "via": "1.1 office"}
PORTAL_BY_PROXY = {"server": "nginx", "via": "1.1 office"}


@pytest.mark.parametrize(
    ("status", "headers", "reason"),
    [
        (200, None, None),
        (503, None, Reason.PROXY_CANNOT_REACH),
        (500, None, Reason.PROXY_CANNOT_REACH),
        (407, None, Reason.PROXY_REFUSED),
        (403, None, Reason.PROXY_REFUSED),
        (503, SQUID, Reason.PROXY_CANNOT_REACH),
        (504, {"proxy-status": "office; error=connection_timeout"}, Reason.PROXY_CANNOT_REACH),
        (500, {"server": "tinyproxy/1.11.2"}, Reason.PROXY_CANNOT_REACH),
        (503, PORTAL_BY_PROXY, None),
        (403, PORTAL_BY_PROXY, None),
        (407, PORTAL_BY_PROXY, Reason.PROXY_REFUSED),
        (200, PORTAL_BY_PROXY, None),
    ],
)
def test_an_error_page_of_the_portals_is_not_taken_for_the_proxys(
    status: int, headers: dict[str, str] | None, reason: Reason | None
) -> None:
    assert reason_by_answer(status, headers) == reason


def test_credentials_come_from_a_file_that_others_cannot_read(tmp_path: Path) -> None:
    secret = tmp_path / "proxy"
    secret.write_text("device:word\n", encoding="utf-8")
    secret.chmod(0o600)
    link = Link(
        name="office",
        interface="eth0",
        proxy="http://[fd00::5]:3128",
        proxy_credentials_file=str(secret),
    )
    proxy = proxy_of(link)
    assert proxy is not None
    assert (proxy.url, proxy.family) == ("http://[fd00::5]:3128", Family.IP6)
    assert proxy.credentials == "device:word"
    secret.chmod(0o644)
    with pytest.raises(LinkUnusable) as refused:
        proxy_of(link)
    assert refused.value.reason is Reason.PERMISSION_DENIED


def test_a_link_without_a_proxy_has_none() -> None:
    assert proxy_of(Link(name="office", interface="eth0")) is None
