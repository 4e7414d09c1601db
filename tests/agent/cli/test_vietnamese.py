"""Output of the commands on a Vietnamese terminal has no English in it."""

import argparse
import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from tests.agent.cli.conftest import InBoth
from tests.agent.doctor.test_checks import (
    FIXED,
    HEALTHY,
    IP6_ALONE,
    MOBILE,
    RAW_IP,
    UNPLUGGED,
    behind,
    modem,
    with_way,
)
from tests.agent.judge.inventories import two_links
from tests.agent.judge.simulated_site import FACTS_OK
from tests.agent.judge.test_replay import arrival, facts_event
from tests.agent.siteconfig.making import portal, refusal, site_config
from thongsuot_agent.cli import links
from thongsuot_agent.cli.check_config import WRONG
from thongsuot_agent.cli.doctor import report as doctor_report
from thongsuot_agent.cli.probe import probe_once, text_of
from thongsuot_agent.cli.replay import print_replay
from thongsuot_agent.cli.routes import manage_routes
from thongsuot_agent.cli.site_config import (
    ReportedProbe,
    ReportedTarget,
    SiteConfigReport,
    site_config_lines,
)
from thongsuot_agent.cli.status import show_status
from thongsuot_agent.doctor.checks import examine
from thongsuot_agent.doctor.host import Host
from thongsuot_agent.doctor.way_out import PLAIN, WayOut
from thongsuot_agent.judge import recording
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.rtnetlink_client import RtnetlinkClient
from thongsuot_agent.links.state import ABSENT, LinkState
from thongsuot_agent.probes.loader import kinds
from thongsuot_agent.probes.radio.settings import known_sources
from thongsuot_agent.siteconfig.rollout import RefusalGround, RefusedVersion
from thongsuot_agent.status import SiteConfigStatus
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link, Via
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, QualityFlag, failed_finding, ok_finding

UNROUTED = replace(MOBILE.state, unrouted=True)
HOSTS = (
    Host(links=(), uplinks=(), echo_refusal=Localizable("ModemManager knows no modem")),
    replace(HEALTHY, links=(replace(FIXED, state=ABSENT), replace(MOBILE, state=ABSENT))),
    replace(HEALTHY, links=(replace(FIXED, state=ABSENT),), uplinks=()),
    replace(
        HEALTHY,
        links=(FIXED, replace(MOBILE, resolvers=(), mtu_bytes=1200, use_tempaddr=2)),
        clock_is_synchronised=False,
        managers=("NetworkManager", "dhcpcd"),
    ),
    replace(HEALTHY, links=(FIXED, replace(MOBILE, resolvers_are_shared=True, mtu_bytes=9000))),
    replace(HEALTHY, links=(FIXED, replace(MOBILE, gateway_address=FIXED.gateway_address))),
    replace(
        HEALTHY,
        links=(
            behind("203.0.113.5", "song-hong", FIXED),
            behind("203.0.113.5", "cuu-long", MOBILE),
        ),
    ),
    with_way(PLAIN, UNROUTED, gateways=("192.168.1.1", "192.168.1.2")),
    with_way(PLAIN, replace(MOBILE.state, reverse_filtered=True)),
    with_way(PLAIN, replace(MOBILE.state, has_route4=False, has_route6=False)),
    with_way(WayOut(is_ip6_alone=True), IP6_ALONE),
    *(
        with_way(WayOut(proxy_trouble=trouble), proxy="http://10.1.0.5:3128")
        for trouble in (
            *(Reason.PROXY_SILENT, Reason.PROXY_REFUSED),
            *(Reason.PROXY_CANNOT_REACH, Reason.PERMISSION_DENIED),
        )
    ),
    with_way(PLAIN, ABSENT, interface="eth1.10", vlan=10),
    with_way(PLAIN, ABSENT, interface="eth7.10", vlan=10),
    with_way(PLAIN, UNPLUGGED, interface="ppp0", port="eth1"),
    with_way(PLAIN, ABSENT, interface="ppp0", port="eth1"),
    replace(with_way(PLAIN, ABSENT, interface="ppp0", port="eth1"), managers=("pppd",)),
    with_way(PLAIN, RAW_IP, interface="ppp0"),
    *(with_way(modem(sim=sim), RAW_IP) for sim in ("locked", "absent", "failed")),
    with_way(modem(sim="ready", registration="denied"), RAW_IP),
    with_way(modem(sim="ready", registration="home", connected=False), RAW_IP),
    with_way(
        WayOut(has_modem=True, modem_refusal=Localizable("ModemManager knows no modem")), ABSENT
    ),
)


def test_doctor_says_what_is_wrong_and_what_mends_it(
    in_both: InBoth,
) -> None:
    text, common = in_both(lambda: "".join(doctor_report(host, examine(host)) for host in HOSTS))
    programs = {"NetworkManager", "ModemManager", "dhcpcd", "pppd", "AmbientCapabilities"}
    assert common <= {"fixed", "mobile", "Ethernet", "port", "resolvers"} | programs
    assert "lỗi      thiết bị: không giao diện mạng nào có tuyến mặc định" in text
    assert "         cách sửa: cắm một đường truyền, hoặc khai báo trong [[links]]" in text
    assert "cảnh báo mobile (wwan0): MTU là 9000 byte" in text
    assert "192.168.1.1 và 192.168.1.2, nên không đo được gì" in " ".join(text.split())
    assert "tốt      fixed (eth0)" in text


def remarks(spec: Mapping[str, object], **state: object) -> list[str]:
    with closing(RtnetlinkClient()) as kernel:
        named = {"name": "line", "interface": "eth9"}
        link = LiveLink(Link(**{**named, **spec}), kernel)  # type: ignore[arg-type]
        link.state = replace(LinkState(present=True, carrier=True), **state)  # type: ignore[arg-type]
        return list(links._remarks(link))


def test_links_are_listed_with_what_proves_them(
    in_both: InBoth,
) -> None:
    families = tuple(
        links.FamilyReport(
            family=Family.IP4,
            addresses=("192.168.1.10",),
            gateway="192.168.1.1" if is_proved else None,
            has_route=is_proved is not None,
            is_proved=is_proved,
            proof=Localizable("cannot send: {why}", why="EPERM"),
        )
        for is_proved in (True, False, None)
    )
    said = [
        *remarks({"via": Via.WATCHED}),
        *remarks({}, present=False),
        *remarks({"interface": "eth9.4", "vlan": 4}, present=False),
        *remarks({"interface": "ppp0", "port": "eth9"}, present=False, port_unplugged=True),
        *remarks({"interface": "ppp0", "port": "eth9"}, present=False),
        *remarks({"medium": Medium.RADIO_5G}, present=False),
        *remarks({"interface": "eth9.4", "vlan": 4, "gateways": ("192.168.1.1",)}, unrouted=True),
        *remarks({"interface": "ppp0", "port": "eth9"}, point_to_point=True, port_unplugged=True),
        *remarks({"tos": 0x20, "via": Via.ROUTER}),
        *remarks({"proxy": "http://10.1.0.5:3128"}),
    ]
    link = links.LinkReport(
        name="fixed",
        interface="eth0",
        medium=Medium.FIBER,
        carrier="song-hong",
        via=Via.OWN,
        is_present=True,
        families=families,
        remarks=tuple(said),
    )
    report = links.LinksReport(links=[link], proposals=[])
    text, common = in_both(lambda: "\n".join(links.report_lines(report)))
    assert common <= {"fixed", "mark"}
    assert "fixed: eth0, cáp quang, nhà mạng song-hong" in text
    assert "địa chỉ 192.168.1.10; cổng mặc định 192.168.1.1" in text
    assert "    đúng    không gửi được: EPERM" in text
    assert "không có giao diện mạng eth9.4; lệnh thongsuot-agent routes apply sẽ tạo nó" in text


ROUTED = """
[site]
name = "ba-dinh"
[collector]
url = "https://collector.example"
token_file = "token"
[[links]]
name = "one"
interface = "lo"
medium = "fiber"
gateways = ["192.168.1.1"]
[[links]]
name = "two"
interface = "absent0"
medium = "fiber"
gateways = ["192.168.2.1"]
"""


def test_routes_say_what_was_made_and_what_waits(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    in_both: InBoth,
) -> None:
    """Uses a stand-in for ``ip`` without any state, so that nothing of this machine is changed."""
    (tmp_path / "ip").write_text("#!/bin/sh\ncase \"$*\" in *show*) echo '[]';; esac\n")
    (tmp_path / "ip").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    config = tmp_path / "agent.toml"
    config.write_text(ROUTED, "utf-8")
    (tmp_path / "token").write_text("x" * 32, "utf-8")

    def applied() -> str:
        assert manage_routes(str(config), "apply") == 0
        return capsys.readouterr().out

    text, common = in_both(applied)
    assert common == set()
    assert re.search(r"^đã tạo    tuyến .*192\.168\.1\.1", text, re.MULTILINE)
    assert re.search(r"^đã tạo    quy tắc ", text, re.MULTILINE)
    assert re.search(
        r"^đang chờ .*192\.168\.2\.1.*: không có giao diện mạng absent0$", text, re.MULTILINE
    )


def test_a_run_of_a_probe_is_reported_with_its_figures(
    in_both: InBoth,
) -> None:
    finding = ok_finding(
        {icmp.RTT: 0.01}, doubts=(QualityFlag.TIMER_LATE, QualityFlag.OTHER), cost_bytes=84
    )
    failed = failed_finding(Reason.TIMED_OUT, detail="EHOSTDOWN")
    with closing(RtnetlinkClient()) as kernel:
        link = LiveLink(Link(name="line", interface="eth9"), kernel)
        text, common = in_both(
            lambda: "".join(text_of("icmp", link, Family.IP4, each) for each in (finding, failed))
        )
    assert common <= {"icmp", "echo"}
    assert "icmp qua eth9, IPv4: đạt\n" in text
    assert f"icmp_rtt_seconds 0.01    {icmp.RTT.help_vi}\n" in text
    assert "chưa chắc: thiết bị bận, đồng hồ bấm giờ bị trễ, lý do khác\n" in text
    assert "icmp qua eth9, IPv4: hỏng (không phản hồi)\n  nguyên văn: EHOSTDOWN\n" in text


def test_a_recording_is_replayed(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    in_both: InBoth,
) -> None:
    unplugged = structs.replace(FACTS_OK, carrier=False, address_conflict=True)
    events: tuple[recording.Recorded, ...] = (
        facts_event(0.0),
        arrival(1.25, failed_finding(Reason.TIMED_OUT)),
        facts_event(2.0, unplugged),
        facts_event(9.0),
    )
    file = tmp_path / "judge.jsonl"
    header = recording.header_line(two_links(), Settings())
    file.write_bytes(b"".join([header, *map(recording.event_line, events)]))

    def replayed() -> str:
        assert print_replay(str(file)) == 0
        return capsys.readouterr().out

    text, common = in_both(replayed)
    # Kinds of probes and targets, by their names.
    assert common <= {"fixed", "mobile", "icmp", "zone", "dns", "http", "host", "portal", "motcua"}
    assert "  +0.000 s  fixed: giao diện mạng đầy đủ" in text
    assert "fixed: icmp zone IPv4 không phản hồi, bắt đầu +0.250 s" in text
    assert "giao diện mạng thiếu tín hiệu, trùng địa chỉ mạng" in text
    assert "mất kết nối, mạng nội bộ tại điểm (cán bộ tại điểm), đường truyền: dây mạng" in text
    assert "1 kết quả, 1 hỏng, 0 chưa đo được; yêu cầu đo thêm " in text


def test_a_site_configuration_is_reported_with_what_was_refused(
    in_both: InBoth,
) -> None:
    wrong = refusal(site_config(site="tay-ho", targets=(portal("dvc", "http://127.0.0.1/"),)))
    report = SiteConfigReport(
        status=SiteConfigStatus(state="trial", version="3-abc", made_s=1.0),
        before="",
        refused=tuple(
            RefusedVersion(version=f"{number}-abc", ground=ground, reason="EPERM")
            for number, ground in enumerate(RefusalGround)
        ),
        mistakes=wrong,
        targets=(
            ReportedTarget(name="dvc", url="https://dvc.example", addresses=(), source="collector"),
        ),
        probes=(ReportedProbe(kind="dns", every_s=60.0, source="settings"),),
    )
    text, common = in_both(lambda: "\n".join(site_config_lines(report)))
    assert common <= {"abc", "dvc", "dns", "url", "site"}
    assert "trước đó: tệp cấu hình; thiết bị quay lại bản này khi" in text
    assert "đã từ chối: 0-abc (không dùng được trên thiết bị này): EPERM" in text
    assert 'không hợp với tệp cấu hình: site: cấu hình này dành cho điểm "tay-ho"' in text
    assert "đích đo dvc: https://dvc.example (từ trung tâm)" in text


def test_refusals_of_replay_status_and_probe_are_in_vietnamese(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    in_both: InBoth,
) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "garbage").write_text("no recording\n", "utf-8")

    def refused() -> str:
        for name in ("absent", "empty", "garbage", "."):
            assert print_replay(str(tmp_path / name)) == WRONG
        assert show_status("", "127.0.0.1:1", is_json=False) == 1
        for kind, given in (("dance", []), ("icmp", ["timeout=1"]), ("icmp", ["timeout_s=soon"])):
            asked = argparse.Namespace(kind=kind, proxy="", set=given, json=False)
            assert probe_once(asked) == WRONG
        return capsys.readouterr().err

    text, common = in_both(refused)
    # What the reader of JSON says of it.
    assert common <= {"dance", "timeout", "soon", "malformed", "invalid", "character", "is"} | {
        *kinds(),
    }
    for line in (
        f"không đọc được {tmp_path}/absent: không có tệp hoặc thư mục này\n",
        f"không đọc được {tmp_path}/empty: dòng 1: bản ghi rỗng\n",
        f"không đọc được {tmp_path}: là một thư mục\n",
        "thiết bị không phản hồi tại 127.0.0.1:1: từ chối kết nối; chương trình có đang chạy",
        "không có phép đo 'dance'; các phép đo có: counter, ",
        'không có mục "timeout" trong [--set]; có phải là "timeout_s" không?\n',
    ):
        assert line in text


REFUSED = (
    *(("snmp", ["version=9"]), ("snmp", ["version=3"]), ("snmp", ["auth=rot13"])),
    *(("radio", ["source=smoke"]), ("radio", ["source=snmp", "auth=rot13"])),
    *(("radio", ["plmn=['452']"]), ("dns", ["records=['MX']"]), ("path", ["method=sctp"])),
    *(("http", ["resolve_timeout_s=9e9"]), ("http", ["contact='ơ'"])),
    *(("speedtest", ["family=ip5"]), ("speedtest", ["url=host"])),
    *(("throughput", ["url=https://host/x"]), ("throughput", ["url=http://host", "key_file=k"])),
)
"""Kinds of probes, and settings that each refuses."""
SETTINGS = {
    *("set", "version", "user", "auth", "privacy", "plmn", "records", "method", "contact"),
    *("family", "rot", "sha", "smoke", "MX", "sctp", "host", "url", "icmp", "udp", "tcp", "ASCII"),
    *("aaaa", "empty", "in"),  # "in" is Vietnamese for "print"
}
"""Names of settings and their values."""


def test_a_setting_that_a_probe_refuses_is_explained(
    capsys: pytest.CaptureFixture[str], in_both: InBoth
) -> None:
    def refused() -> str:
        for kind, given in REFUSED:
            asked = argparse.Namespace(kind=kind, proxy="", set=given, json=False)
            assert probe_once(asked) == WRONG, given
        return capsys.readouterr().err

    text, common = in_both(refused)
    assert common <= SETTINGS | set(known_sources())
    assert len(text.splitlines()) == len(REFUSED)
    for sentence in (
        'version là "9", phải là "2c" hoặc "3"',
        "records là ('MX',); chỉ nhận: a, aaaa",
        "có key_file thì url phải là https: không được gửi khóa khi chưa mã hóa",
    ):
        assert f'"--set" ở cấp ngoài cùng: {sentence}\n' in text
