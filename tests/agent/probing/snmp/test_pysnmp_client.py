"""The client before net-snmp's own daemon: what it reads, and what it says when it cannot."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from tests.agent.probing.snmp.daemon import AUTH, COMMUNITY, PRIVACY, USER, snmpd
from thongsuot_agent.probing.snmp.client import ValueType, Varbind
from thongsuot_agent.probing.snmp.protocol import DeviceAccess, Survey, SurveyRequest
from thongsuot_agent.probing.snmp.pysnmp_client import PysnmpClient
from thongsuot_agent.probing.snmp.visit import run_survey

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Yield the port of one snmpd."""
    with snmpd(tmp_path_factory.mktemp("snmpd")) as agent_port:
        yield agent_port


def access_2c(port: int) -> DeviceAccess:
    return DeviceAccess(host="127.0.0.1", port=port, community=COMMUNITY, timeout_s=60)


def access_3(port: int) -> DeviceAccess:
    return DeviceAccess(
        host="127.0.0.1",
        port=port,
        version="3",
        user=USER,
        auth="sha256",
        auth_key=AUTH,
        privacy="aes",
        privacy_key=PRIVACY,
        timeout_s=60,
    )


def visited(access: DeviceAccess) -> Survey:
    """Return what a worker brings from a device."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.connect((access.host, access.port))
        return asyncio.run(
            run_survey(SurveyRequest(access=access, interface="lo"), opened, timeout_s=300)
        )


@pytest.mark.parametrize("access", [access_2c, access_3])
def test_a_real_agent_is_read(access: object, port: int) -> None:
    survey = visited(access_3(port) if access is access_3 else access_2c(port))
    assert survey.failure == ""
    assert survey.description.startswith("Linux")
    assert survey.object_id.startswith("1.3.6.1.4.1.8072")
    assert survey.interface is not None
    assert survey.interface.name == "lo"
    assert survey.interface.is_up
    assert survey.interface.counters["received_bytes"].bits == 64
    assert survey.uptimes.engine_boots == 1
    assert survey.uptimes.system_s is not None


def test_a_wrong_user_or_key_is_distinguished_from_silence(port: int) -> None:
    wrong_user = visited(structs.replace(access_3(port), user="nobody"))
    assert (wrong_user.reason, "UnknownUserName" in wrong_user.failure) == ("refused", True)
    wrong_key = visited(structs.replace(access_3(port), auth_key="another-phrase"))
    assert (wrong_key.reason, "WrongDigest" in wrong_key.failure) == ("refused", True)


def test_a_wrong_community_is_silence(port: int) -> None:
    access = structs.replace(access_2c(port), community="wrong", timeout_s=0.3, retries=0)
    survey = visited(access)
    assert survey.reason == "silent"
    assert "wrong community or key" in survey.failure


def test_a_device_whose_engine_id_changed_is_read_at_the_next_visit(tmp_path: Path) -> None:
    with snmpd(tmp_path / "before") as port:
        assert visited(access_3(port)).failure == ""
    with snmpd(tmp_path / "after", port):
        assert visited(access_3(port)).failure == ""


def test_missing_objects_are_left_out_and_a_walk_ends_with_its_subtree(port: int) -> None:
    async def look() -> tuple[list[Varbind], list[Varbind], list[Varbind]]:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.setblocking(False)
        opened.connect(("127.0.0.1", port))
        client = PysnmpClient(access_2c(port), opened)
        try:
            got = await client.get([f"1.3.6.1.2.1.1.{n}.0" for n in range(1, 30)])
            system = await client.walk("1.3.6.1.2.1.1")
            few = await client.walk("1.3.6.1.2.1.1", limit=3)
        finally:
            client.close()
            opened.close()
        return got, system, few

    got, system, few = asyncio.run(look())
    assert [varbind.oid for varbind in got][:3] == [f"1.3.6.1.2.1.1.{n}.0" for n in (1, 2, 3)]
    assert Varbind("1.3.6.1.2.1.1.5.0", ValueType.TEXT, "thongsuot-test") in got
    assert all(varbind.oid.startswith("1.3.6.1.2.1.1.") for varbind in system)
    assert [varbind.oid for varbind in few] == [varbind.oid for varbind in system[:3]]
    assert len(system) > 10
