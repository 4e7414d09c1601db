"""A test from the command line: every channel of a party, taken back where it would stay open."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.notify.carrier_fixture import CarrierFixture
from tests.collector.notify.receiver_process import ReceiverProcess
from thongsuot_collector.cli.main import main

INVENTORY = """\
[[carriers]]
name = "vnpt"
title = "VNPT"
channels = ["hook", "tickets"]

[[owners]]
name = "vpcp"
services = ["dichvucong"]
channels = ["hook"]

[[targets]]
name = "dichvucong"
role = "service"
segment = "service"
url = "https://dichvucong.example/"
title_vi = "Cổng Dịch vụ công"

[[sites]]
name = "ba-dinh-1"
title = "Ba Đình 1"
[[sites.links]]
name = "fiber"
interface = "eth0"
medium = "fiber"
carrier = "vnpt"
circuit = "HNI-004217"
"""

CONFIG = """\
state_dir = "state"
inventory_dir = "inventory"

[notify]
channels = ["hook"]

[[channels]]
kind = "webhook"
name = "hook"
url = "http://127.0.0.1:{hook}/"
secret_file = "secret"

[[channels]]
kind = "tmf621"
name = "tickets"
url = "{tickets}"
bearer_file = "bearer"
"""


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[ReceiverProcess]:
    peer = ReceiverProcess(
        "tests.collector.notify.webhook_receiver", tmp_path / "hook", "sesame"
    ).start()
    yield peer
    peer.stop()


@pytest.fixture
def carrier(tmp_path: Path) -> Iterator[CarrierFixture]:
    fixture = CarrierFixture(tmp_path)
    yield fixture
    fixture.stop()


@pytest.fixture
def config(tmp_path: Path, hook: ReceiverProcess, carrier: CarrierFixture) -> Path:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "all.toml").write_text(INVENTORY, "utf-8")
    (tmp_path / "secret").write_text("sesame", "utf-8")
    carrier.credentials()
    path = tmp_path / "collector.toml"
    path.write_text(CONFIG.format(hook=hook.port, tickets=carrier.desk.url), "utf-8")
    return path


def test_every_channel_of_a_party_is_tried_and_tickets_are_taken_back(
    config: Path, hook: ReceiverProcess, carrier: CarrierFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["notify", "test", "vnpt", "--config", str(config)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "carrier:vnpt by hook: delivered (200 accepted)",
        (
            "carrier:vnpt by tickets: delivered, TT-1 (TT-1 acknowledged); "
            "taken back: delivered, TT-1 (200 accepted)"
        ),
    ]
    (received,) = hook.folder.received()
    assert '"is_test":true' in received["body"]
    assert "[TIN NHẮN THỬ, KHÔNG PHẢI SỰ CỐ] " in received["body"]
    (ticket,) = carrier.desk.tickets()
    assert ticket["status"] == "cancelled"
    assert ticket["name"].startswith("[TIN NHẮN THỬ, KHÔNG PHẢI SỰ CỐ]")


@pytest.mark.parametrize("party", ["commune:ba-dinh-1", "portal:dichvucong", "city", "ba-dinh-1"])
def test_each_party_is_notified_in_its_own_words(
    config: Path, hook: ReceiverProcess, party: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["notify", "test", party, "--config", str(config)]) == 0
    assert "delivered" in capsys.readouterr().out
    (received,) = hook.folder.received()
    assert "Đây là tin nhắn thử" in received["body"]
    is_plain = "Việc cần làm" in received["body"]
    assert is_plain == ("ba-dinh" in party)


def test_a_channel_that_does_not_get_through_is_reported_and_exits_with_1(
    config: Path, hook: ReceiverProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    hook.folder.behave("403")
    assert main(["notify", "test", "carrier:vnpt", "--config", str(config)]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(
        "carrier:vnpt by hook: channel unavailable (403 so it is (the credentials do not"
    )
    assert "tickets: delivered" in second


def test_a_missing_party_is_reported_with_similar_names(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["notify", "test", "carrier:vnp", "--config", str(config)]) == 2
    assert "did you mean 'carrier:vnpt'?" in capsys.readouterr().err


def test_a_channel_in_the_inventory_that_is_not_there_is_refused_at_start(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(config.read_text("utf-8").replace('name = "hook"', 'name = "hooks"'))
    assert main(["check-config", "--config", str(config)]) == 2
    err = capsys.readouterr().err
    assert "[notify] channels: there is no channel 'hook'; did you mean \"hooks\"?" in err
    assert "carrier 'vnpt': there is no channel 'hook'" in err
