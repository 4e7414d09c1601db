"""OpenWrt with ModemManager, read by its own command."""

import asyncio
import json
from pathlib import Path

import pytest

from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.radio.reading import ModemReading, ModemUnreadable
from thongsuot_agent.probes.radio.settings import Settings
from thongsuot_agent.probes.radio.sources.ubus import read_modem
from thongsuot_agent.probes.radio.vendors.modemmanager import reading_from_ubus
from thongsuot_schema.inventory.model import Link

SETTINGS = Settings(source="ubus", timeout_s=60.0)


def seen() -> ModemReading:
    """Return what the first modem of this machine's ``ubus`` shows."""

    async def read() -> ModemReading:
        with LinkMonitor((Link(name="mobile", interface="wwan0"),)) as monitor:
            return await read_modem(monitor.links["mobile"], SETTINGS)

    return asyncio.run(read())


def install(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "ubus"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_the_dump_of_modemmanager_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signal = {"lte": {"rsrp": "-95.00", "rsrq": "-11.00", "snr": "7.00"}}
    home = {"3gpp": {"registration-state": "home", "operator-code": "45204"}}
    dump = {"modem": [{"signal": signal, "modem": home}]}
    (tmp_path / "dump.json").write_text(json.dumps(dump), encoding="utf-8")
    asked = '[ "$*" = "call modemmanager dump" ] || exit 3'
    install(tmp_path, f"{asked}; cat {tmp_path}/dump.json", monkeypatch)
    reading = seen()
    assert reading == reading_from_ubus(dump)
    assert "-95" in str(reading)


def test_a_command_that_fails_is_not_a_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "echo 'Command failed: Not found' >&2; exit 4", monkeypatch)
    with pytest.raises(ModemUnreadable):
        seen()
