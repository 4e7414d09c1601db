import asyncio
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs

import msgspec
import pytest

from tests.agent.probes.radio.modem import AtModem
from tests.agent.probes.radio.pages import Answer, ModemPages, PageRequest
from tests.agent.probing.snmp.simulator import simulator
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.radio.probe import RadioProbe
from thongsuot_agent.probes.radio.settings import Settings
from thongsuot_agent.probing.contract import LINK_TARGET, ProbeServices
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding

DEVICES = Path(__file__).parents[2] / "probing" / "snmp" / "devices"
IMEI, IMSI, ICCID, NUMBER = (
    "860302050000000",
    "452040123456789",
    "8984048000012345678F",
    "+84912345678",
)
QUECTEL = {
    "AT+CGMI": "Quectel",
    'AT+QENG="servingcell"': (
        '+QENG: "servingcell","NOCONN"\r\n'
        '+QENG: "LTE","FDD",452,04,3359966,1,150,1,5,5,4AA3,-89,-13,-58,16,15,20,-\r\n'
        '+QENG:"NR5G-NSA",452,04,832,-104,0,-14,528030,41,8,1'
    ),
    "AT+CPIN?": "+CPIN: READY",
    "AT+CEREG=2;+CEREG?": '+CEREG: 2,1,"4AA3","3359966",13',
}


def seen(settings: Mapping[str, object], times: int = 1) -> Finding:
    """Return what the last of some readings of a link finds."""

    async def measure() -> Finding:
        chosen = msgspec.convert(
            {"bound_to_link": False, "timeout_s": 300.0, "answer_s": 60.0, **settings}, Settings
        )
        spec = Link(name="mobile", interface="lo")
        with LinkMonitor((spec,)) as monitor:
            read_modem = RadioProbe(ProbeServices())
            findings = [
                await read_modem(monitor.links["mobile"], LINK_TARGET, Family.NONE, chosen)
                for _ in range(times)
            ]
        return findings[-1]

    return asyncio.run(measure())


def secret(folder: Path, text: str) -> str:
    path = folder / "secret"
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


def test_a_modem_on_a_serial_port_shows_both_legs_apart() -> None:
    with AtModem(QUECTEL) as modem:
        finding = seen({"source": "at", "device": modem.device, "plmn": ["45204"]})
    assert finding.outcome is Outcome.OK
    values = finding.values
    assert values["radio_lte_rsrp_dbm"] == -89
    assert values["radio_nr_rsrp_dbm"] == -104
    assert values["radio_nr_sinr_decibels"] == 0.0
    assert values["radio_lte_band_number"] == 1
    assert values["radio_nr_band_number"] == 41
    assert values["radio_nr_channel_number"] == 528030
    assert values["radio_technology_number"] == 5
    assert values["radio_registered"] == 1.0
    assert values["radio_sim_ready"] == 1.0
    assert values["radio_contract_network"] == 1.0
    assert values["radio_nr_reporting_supported"] == 1.0
    assert finding.evidence["lte_cell"] == "cell 53844326, tac 19107, pci 1, channel 150"


def test_a_network_that_is_not_the_contracts_is_named() -> None:
    with AtModem(QUECTEL) as modem:
        finding = seen({"source": "at", "device": modem.device, "plmn": ["45201"]})
    assert finding.values["radio_contract_network"] == 0.0
    assert finding.evidence["contract"] == "the contract's networks are 45201"


def test_a_modem_is_never_asked_who_it_is_and_what_it_lets_slip_is_masked() -> None:
    talkative = {
        **QUECTEL,
        "AT+QSPN": "",
        "AT+CPIN?": f'+CPIN: READY\r\n+CNUM: ,"{NUMBER}",145',
        'AT+QENG="servingcell"': QUECTEL['AT+QENG="servingcell"']
        + f'\r\n+QSPN: "{IMSI} {IMEI} {ICCID} {NUMBER}","","",0,"45204"',
    }
    with AtModem(talkative) as modem:
        finding = seen({"source": "at", "device": modem.device})
        assert not {"CGSN", "CIMI", "CCID", "CNUM"} & {
            part.lstrip("+").partition("?")[0].partition("=")[0]
            for command in modem.heard
            for part in command.removeprefix("AT").split(";")
        }
    message = msgspec.json.encode(finding).decode()
    assert "***" in finding.evidence["network"]
    for identity in (IMEI, IMSI, ICCID, NUMBER):
        assert identity not in message


def test_a_modem_without_a_sim_reports_that() -> None:
    with AtModem({"AT+CGMI": "Quectel", "AT+CPIN?": "+CPIN: NOT INSERTED"}) as modem:
        finding = seen({"source": "at", "device": modem.device})
    assert finding.values["radio_sim_ready"] == 0.0
    assert not [name for name in finding.values if name.endswith("_dbm")]


def test_a_port_that_is_not_there_is_no_finding_about_the_modem(tmp_path: Path) -> None:
    finding = seen({"source": "at", "device": str(tmp_path / "ttyUSB9")})
    assert finding.reason is Reason.INTERFACE_ABSENT
    assert finding.values == {}


def test_a_fall_to_lte_is_an_event_and_a_counter() -> None:
    asked = []

    def monitor(_: PageRequest) -> Answer:
        asked.append(1)
        both = {"data-class": "5G NSA", "rsrp": "-83", "nr-rsrp": "-90", "current-cellid": "105735"}
        alone = {"data-class": "LTE", "rsrp": "-83", "current-cellid": "105735"}
        return 200, json.dumps([both if len(asked) == 1 else alone])

    with ModemPages({"POST /rest/interface/lte/monitor": monitor}) as pages:
        finding = seen({"source": "mikrotik", "address": "127.0.0.1", "port": pages.port}, times=2)
    assert finding.evidence["event"] == "technology fell back from 5G NSA to LTE"
    assert finding.values["radio_fallbacks_total"] == 1
    assert finding.values["radio_technology_number"] == 4
    assert "radio_nr_rsrp_dbm" not in finding.values


SIGNAL = (
    "<response><pci>205</pci><cell_id>105735</cell_id><mode>7</mode><band>20</band>"
    "<earfcn>6250</earfcn><rsrp>-113dBm</rsrp><rsrq>-14.0dB</rsrq><sinr>&gt;=30dB</sinr>"
    "<rssi>-80dBm</rssi><nrrsrp>-90dBm</nrrsrp><nrsinr>0dB</nrsinr><nrrsrq>-11dB</nrrsrq>"
    "<nrearfcn>636000</nrearfcn><bandInfo>N78</bandInfo></response>"
)
TRAFFIC = (
    "<response><TotalDownload>18554169910362</TotalDownload><TotalUpload>2299259362559"
    "</TotalUpload><CurrentConnectTime>289</CurrentConnectTime></response>"
)


def hilink(*, password: str = "") -> dict[str, object]:
    """Return the pages of a modem; with a password it shows none of them before a login."""
    sessions: set[str] = set()

    def session(_: PageRequest) -> Answer:
        return 200, "<response><SesInfo>SessionID=abc</SesInfo><TokInfo>tok</TokInfo></response>"

    def page(text: str) -> object:
        def shown(asked: PageRequest) -> Answer:
            if password and not sessions:
                return 200, "<error><code>100003</code><message></message></error>"
            assert password or "SessionID=abc" in asked.headers["Cookie"]
            return 200, text

        return shown

    def login(asked: PageRequest) -> Answer:
        inner = b64encode(sha256(password.encode()).hexdigest().encode()).decode()
        outer = sha256(f"admin{inner}tok".encode()).hexdigest().encode()
        if f"<Password>{b64encode(outer).decode()}</Password>" not in asked.body:
            return 200, "<error><code>108006</code></error>"
        sessions.add("abc")
        return 200, "<response>OK</response>"

    return {
        "GET /api/webserver/SesTokInfo": session,
        "POST /api/user/login": login,
        "GET /api/device/signal": page(SIGNAL),
        "GET /api/monitoring/status": page(
            "<response><ConnectionStatus>901</ConnectionStatus><RoamingStatus>0</RoamingStatus>"
            "<SimStatus>1</SimStatus></response>"
        ),
        "GET /api/net/current-plmn": page(
            "<response><FullName>Viettel</FullName><Numeric>45204</Numeric></response>"
        ),
        "GET /api/monitoring/traffic-statistics": page(TRAFFIC),
    }


def test_a_hilink_modem_shows_both_legs_without_a_login() -> None:
    with ModemPages(hilink()) as pages:  # type: ignore[arg-type]
        finding = seen({"source": "hilink", "address": "127.0.0.1", "port": pages.port})
    values = finding.values
    assert (values["radio_lte_rsrp_dbm"], values["radio_nr_rsrp_dbm"]) == (-113, -90)
    assert values["radio_nr_sinr_decibels"] == 0.0
    assert values["radio_lte_sinr_decibels"] == 30.0
    assert values["radio_technology_number"] == 5
    assert values["radio_connected"] == 1.0
    assert values["radio_received_bytes_total"] == 18554169910362
    assert finding.evidence["network"] == "45204 Viettel"


def test_a_hilink_modem_that_wants_a_login_gets_one(tmp_path: Path) -> None:
    with ModemPages(hilink(password="h1dden-phrase")) as pages:  # type: ignore[arg-type]
        settings: dict[str, object] = {
            "source": "hilink",
            "address": "127.0.0.1",
            "port": pages.port,
        }
        refused = seen(settings)
        assert refused.reason is Reason.PERMISSION_DENIED
        finding = seen({**settings, "password_file": secret(tmp_path, "h1dden-phrase")})
        assert finding.values["radio_nr_rsrp_dbm"] == -90
    wrong = secret(tmp_path, "wr0ng-phrase")
    with ModemPages(hilink(password="h1dden-phrase")) as pages:  # type: ignore[arg-type]
        finding = seen({**settings, "port": pages.port, "password_file": wrong})
    assert finding.reason is Reason.PERMISSION_DENIED
    assert "phrase" not in finding.detail


def test_devices_other_than_hilink_modems_are_recognised() -> None:
    html = {
        "GET /api/webserver/SesTokInfo": lambda _: (200, "<html></html>"),
        "GET /api/device/signal": lambda _: (200, "<html></html>"),
    }
    with ModemPages(html) as pages:
        finding = seen({"source": "hilink", "address": "127.0.0.1", "port": pages.port})
    assert finding.reason is Reason.RESPONSE_INVALID


def test_a_rutos_router_is_asked_with_its_token(tmp_path: Path) -> None:
    def login(asked: PageRequest) -> Answer:
        is_right = json.loads(asked.body) == {"username": "reader", "password": "pass"}
        return 200, json.dumps({"success": is_right, "data": {"token": "t" * is_right}})

    def status(asked: PageRequest) -> Answer:
        if asked.headers["Authorization"] != "Bearer t":
            return 401, ""
        nr = {
            "nr-arfcn": "636000",
            "pcid": 472,
            "rsrp": "-90",
            "sinr": 14,
            "mcc": "452",
            "mnc": "4",
        }
        modem = {
            "id": "3-1",
            "primary": 1,
            "conntype": "5G-NSA",
            "rsrp": -86,
            "sinr": -5,
            "temperature": 450,
            "imei": IMEI,
            "cell_info": [{"earfcn": 6250, "nr-arfcn": "N/A", "pcid": 205}, nr],
        }
        return 200, json.dumps({"success": True, "data": [modem]})

    with ModemPages({"POST /api/login": login, "GET /api/modems/status": status}) as pages:
        settings: dict[str, object] = {
            "source": "rutos",
            "address": "127.0.0.1",
            "port": pages.port,
            "user": "reader",
        }
        finding = seen({**settings, "password_file": secret(tmp_path, "pass")})
        refused = seen({**settings, "password_file": secret(tmp_path, "wrong")})
    assert (finding.values["radio_lte_rsrp_dbm"], finding.values["radio_nr_rsrp_dbm"]) == (-86, -90)
    assert finding.values["radio_modem_temperature_celsius"] == 45.0
    assert IMEI not in str(finding)
    assert refused.reason is Reason.PERMISSION_DENIED


def test_a_zte_router_is_asked_for_known_names_after_its_login(tmp_path: Path) -> None:
    state = {"in": False}

    def get(asked: PageRequest) -> Answer:
        names = parse_qs(asked.path.partition("?")[2])["cmd"][0].split(",")
        assert asked.headers["Referer"].startswith("http://127.0.0.1")
        known = {"network_type": "SA", "Z5g_rsrp": "-101", "Z5g_SINR": "3.5", "lte_rsrp": "-83"}
        message = known if state["in"] else {}
        return 200, json.dumps({name: message.get(name, "") for name in names} | {"LD": "A1B2"})

    def put(asked: PageRequest) -> Answer:
        inner = sha256(b"pass").hexdigest().upper()
        state["in"] = sha256(f"{inner}A1B2".encode()).hexdigest().upper() in asked.body
        return 200, json.dumps({"result": "0" if state["in"] else "3"})

    routes = {
        "GET /goform/goform_get_cmd_process": get,
        "POST /goform/goform_set_cmd_process": put,
    }
    with ModemPages(routes) as pages:
        settings: dict[str, object] = {
            "source": "zte",
            "address": "127.0.0.1",
            "port": pages.port,
        }
        assert seen(settings).reason is Reason.PERMISSION_DENIED
        finding = seen({**settings, "password_file": secret(tmp_path, "pass")})
    assert finding.values["radio_nr_rsrp_dbm"] == -101
    assert finding.values["radio_technology_number"] == 6
    assert "radio_lte_rsrp_dbm" not in finding.values


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Yield the port of a simulator of our own small devices."""
    with simulator(DEVICES, tmp_path_factory.mktemp("snmpsim")) as agent_port:
        yield agent_port


def test_a_router_by_snmp_shows_both_legs_apart(port: int, tmp_path: Path) -> None:
    finding = seen(
        {
            "source": "snmp",
            "address": "127.0.0.1",
            "port": port,
            "community_file": secret(tmp_path, "two-legs"),
        }
    )
    assert (finding.values["radio_lte_rsrp_dbm"], finding.values["radio_nr_rsrp_dbm"]) == (
        -91,
        -102,
    )
    assert finding.values["radio_nr_sinr_decibels"] == 0.0
    assert finding.values["radio_technology_number"] == 5
    assert finding.values["radio_nr_reporting_supported"] == 1.0


def test_a_router_without_a_modem_is_not_measured(port: int, tmp_path: Path) -> None:
    finding = seen(
        {
            "source": "snmp",
            "address": "127.0.0.1",
            "port": port,
            "community_file": secret(tmp_path, "ups-on-battery"),
        }
    )
    assert finding.reason is Reason.NOT_SUPPORTED
    assert finding.values == {}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"source": "smoke"}, 'no source "smoke"; known: at, hilink'),
        ({"plmn": ["452-04"]}, 'plmn "452-04" is not'),
        ({"source": "snmp", "version": 1}, 'version "1" is not'),
        ({"source": "snmp", "auth": "x"}, 'no algorithm "x"'),
    ],
)
def test_contradictions_are_refused_where_they_are_read(
    settings: dict[str, object], message: str
) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(settings, Settings)


def test_without_a_source_nothing_is_measured() -> None:
    assert seen({}).reason is Reason.NOT_SUPPORTED
