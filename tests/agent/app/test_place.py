"""What a device remembers of its place across a power cut."""

from pathlib import Path

import pytest
from msgspec import structs

from thongsuot_agent.app.place import PlaceFile
from thongsuot_agent.judge.memory import LinkMemory, Memory, NeighbourIdentity
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.result import Family

FIBRE = Link(name="fixed", interface="fix0", carrier="song-hong", circuit="FTTH-1")
BOX, NETWORK = "02:00:00:00:00:01", "100.65.0.0/16"


def known() -> Memory:
    """Return the memory of an agent that has learned where its link leads to."""
    link = LinkMemory(
        name="fixed",
        gateway=NeighbourIdentity(usual=BOX, usual_ns=7),
        carriers_side={Family.IP4: NeighbourIdentity(usual=NETWORK, usual_ns=7)},
    )
    return Memory(links={"fixed": link})


def after_power_cut(path: Path, site: str = "ba-dinh", spec: Link = FIBRE) -> Memory:
    memory = Memory()
    PlaceFile(path, site).restore(memory, [spec])
    return memory


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "place.json"


def test_router_and_network_of_a_link_are_known_again_after_a_power_cut(path: Path) -> None:
    PlaceFile(path, "ba-dinh").save(known(), [FIBRE])
    link = after_power_cut(path).links["fixed"]
    assert (link.gateway.usual, link.carriers_side[Family.IP4].usual) == (BOX, NETWORK)


@pytest.mark.parametrize(
    ("site", "spec"),
    [
        ("hoan-kiem", FIBRE),
        ("ba-dinh", structs.replace(FIBRE, circuit="FTTH-2")),
        ("ba-dinh", structs.replace(FIBRE, carrier="cuu-long")),
    ],
    ids=["another site", "another circuit", "another carrier"],
)
def test_a_device_that_gets_a_new_place_starts_again(path: Path, site: str, spec: Link) -> None:
    PlaceFile(path, "ba-dinh").save(known(), [FIBRE])
    assert after_power_cut(path, site, spec).links == {}


@pytest.mark.parametrize("damage", [b"{", b'{"site":"ba-d\xff\xfeh"}'])
def test_a_file_that_cannot_be_read_is_learned_and_written_again(path: Path, damage: bytes) -> None:
    place = PlaceFile(path, "ba-dinh")
    place.save(known(), [FIBRE])
    path.write_bytes(damage)
    assert after_power_cut(path).links == {}
    PlaceFile(path, "ba-dinh").save(known(), [FIBRE])
    assert "fixed" in after_power_cut(path).links


def test_the_disk_is_written_only_for_news(path: Path) -> None:
    place, memory = PlaceFile(path, "ba-dinh"), known()
    place.save(memory, [FIBRE])
    path.unlink()
    place.save(memory, [FIBRE])
    assert not path.exists()
    memory.links["fixed"].gateway.usual = "02:00:00:00:00:02"
    place.save(memory, [FIBRE])
    assert path.exists()


def test_a_router_that_is_not_known_yet_does_not_erase_the_stored_one(path: Path) -> None:
    PlaceFile(path, "ba-dinh").save(known(), [FIBRE])
    PlaceFile(path, "ba-dinh").save(Memory(links={"fixed": LinkMemory(name="fixed")}), [FIBRE])
    assert "fixed" in after_power_cut(path).links
