"""The people of a lab: a configuration that the collector takes, whoever is in it."""

from pathlib import Path

import pytest

from tests.ports import free_port
from thongsuot_collector.config.read import read_configuration
from thongsuot_collector.incidents.party import CITY, ResponsibleParty
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.dispatch import routing
from thongsuot_lab import inventory
from thongsuot_lab.stack import receivers
from thongsuot_lab.stack.documents import CollectorDocument
from thongsuot_lab.stack.process import spawn_here
from thongsuot_lab.stack.receivers import Receivers
from thongsuot_lab.topology.city import city
from thongsuot_schema.segment import Party

TOPOLOGY = city(2)
WITHIN_S = 120.0


@pytest.mark.parametrize("are_all_in_inbox", [True, False])
def test_everybody_has_a_channel_that_there_is(tmp_path: Path, *, are_all_in_inbox: bool) -> None:
    people = Receivers(folder=tmp_path, topology=TOPOLOGY, all_to_inbox=are_all_in_inbox)
    for name in ("inbox-secret", "desk-token"):
        (tmp_path / name).write_text("secret\n")
    document = CollectorDocument(
        state_dir=tmp_path,
        inventory_dir=tmp_path,
        listen="127.0.0.1:0",
        channels=people.channels(),
        notify=people.notify_table("http://127.0.0.1:8481"),
        timeline={"calm_s": 10.0},
    )
    file = tmp_path / "collector.toml"
    file.write_text(document.text(), encoding="utf-8")
    configuration = read_configuration(file)
    settings = configuration.settings.notify
    directory = InventoryDirectory(people.with_channels(inventory.inventory_of(TOPOLOGY)))
    names = [channel.name for _, channel in configuration.channels]
    assert list(routing.routing_errors(directory, settings, names)) == []
    for party in routing.all_parties(directory):
        routes = routing.routes_of(party, directory, settings).routes.every
        assert routes
        if are_all_in_inbox:
            assert routes == ("inbox",)
    carrier = ResponsibleParty(Party.CARRIER, "song-hong")
    first = routing.routes_of(carrier, directory, settings).routes.every[0]
    assert first == ("inbox" if are_all_in_inbox else "desk-song-hong")
    other = ResponsibleParty(Party.CARRIER, "cuu-long")
    assert routing.routes_of(other, directory, settings).routes.every == ("inbox",)
    assert CITY in set(routing.all_parties(directory))
    assert len(set(people.ports().values())) == len(people.ports())


def test_their_systems_are_processes_that_listen_where_the_collector_expects_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receivers, "INBOX_PORT", free_port())
    people = Receivers(folder=tmp_path / "people", topology=TOPOLOGY, all_to_inbox=True)
    assert people.messages() == []
    (process,) = people.start(tmp_path, spawn_here)
    try:
        listening = f"port {people.ports()['inbox']}"
        process.wait_until(lambda: listening in process.log.read_text(), within_s=WITHIN_S)
    finally:
        process.stop()
    secret = tmp_path / "people" / "inbox-secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    before = secret.read_text("ascii")
    assert len(before.strip()) > 30
    (again,) = people.start(tmp_path, spawn_here)
    again.stop()
    assert secret.read_text("ascii") == before, "started again, they are still who they were"
