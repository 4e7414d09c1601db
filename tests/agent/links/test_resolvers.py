import os
import tracemalloc
from pathlib import Path
from threading import Thread

import pytest

from tests.agent.links.device import HANGS_S
from thongsuot_agent.links.resolvers import Resolvers

NETWORKD_LINK = """\
# This is private data. Do not parse.
ADMIN_STATE=configured
OPER_STATE=routable
NETWORK_FILE=/etc/systemd/network/20-wan.network
DNS=203.0.113.53 2001:db8::53
NTP=
"""
NETWORKD_LEASE = "ADDRESS=192.168.1.10\nDNS=192.168.1.1\n"
NETWORKMANAGER = "[device]\nmanaged=true\n[dhcp4]\ndomain_name_servers=203.0.113.7 203.0.113.8\n"
NM_LEASE = "ADDRESS=192.168.1.10\nDOMAIN_NAME_SERVERS=192.0.2.53\n"
DHCLIENT = """\
lease {
  interface "eth0";
  option domain-name-servers 198.51.100.1;
}
lease {
  interface "eth0";
  option domain-name-servers 198.51.100.2,198.51.100.3;
}
"""


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


SOURCES: list[tuple[dict[str, str], tuple[str, ...]]] = [
    ({"run/systemd/netif/links/4": NETWORKD_LINK}, ("203.0.113.53", "2001:db8::53")),
    ({"run/systemd/netif/leases/4": NETWORKD_LEASE}, ("192.168.1.1",)),
    (
        {"run/systemd/resolve/netif/4": "LLMNR=yes\nSERVERS=203.0.113.9#dns.vn 2001:db8::9\n"},
        ("203.0.113.9", "2001:db8::9"),
    ),
    ({"run/NetworkManager/devices/4": NETWORKMANAGER}, ("203.0.113.7", "203.0.113.8")),
    ({"var/lib/NetworkManager/internal-5c5e-eth0.lease": NM_LEASE}, ("192.0.2.53",)),
    ({"run/resolvconf/interfaces/eth0.dhcp": "nameserver 192.0.2.1\n"}, ("192.0.2.1",)),
    ({"run/dhcpcd/hook-state/resolv.conf/eth0.ra": "nameserver 2001:db8::1\n"}, ("2001:db8::1",)),
    ({"var/lib/dhcp/dhclient.eth0.leases": DHCLIENT}, ("198.51.100.2", "198.51.100.3")),
    ({"run/systemd/resolve/resolv.conf": "nameserver 192.0.2.9\n"}, ("192.0.2.9",)),
    (
        {"etc/resolv.conf": "search x\nnameserver 192.0.2.10\n# nameserver 192.0.2.11\n"},
        ("192.0.2.10",),
    ),
]


def servers_of(interface: str, index: int, root: Path) -> tuple[str, ...]:
    return Resolvers(interface, (), root).servers(index)


@pytest.mark.parametrize(("files", "expected"), SOURCES)
def test_each_source_is_read(
    tmp_path: Path, files: dict[str, str], expected: tuple[str, ...]
) -> None:
    write(tmp_path, files)
    assert servers_of("eth0", 4, tmp_path) == expected


def test_the_first_source_that_knows_any_is_believed(tmp_path: Path) -> None:
    for files, expected in reversed(SOURCES):
        write(tmp_path, files)
        assert servers_of("eth0", 4, tmp_path) == expected


def test_name_servers_of_another_interface_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, {name: text for files, _ in SOURCES[:-2] for name, text in files.items()})
    assert servers_of("eth1", 5, tmp_path) == ()


def test_loopback_and_nonsense_are_left_out(tmp_path: Path) -> None:
    text = "\n".join(
        f"nameserver {server}"
        for server in ("127.0.0.53", "::1", "0.0.0.0", "nonsense", "192.0.2.1", "fe80::1%eth0")
    )
    write(tmp_path, {"run/systemd/resolve/resolv.conf": "nameserver 127.0.0.53\n"})
    write(tmp_path, {"etc/resolv.conf": text + "\nnameserver 192.0.2.1\n"})
    assert servers_of("eth0", 4, tmp_path) == ("192.0.2.1", "fe80::1")


def test_files_named_by_number_do_not_count_in_another_namespace(tmp_path: Path) -> None:
    write(tmp_path, {"run/systemd/netif/links/4": NETWORKD_LINK})
    write(tmp_path, {"etc/resolv.conf": "nameserver 192.0.2.10\n"})
    for process, namespace in (("self", "net:[2]"), ("1", "net:[1]")):
        folder = tmp_path / "proc" / process / "ns"
        folder.mkdir(parents=True)
        (folder / "net").symlink_to(namespace)
    assert servers_of("eth0", 4, tmp_path) == ("192.0.2.10",)


def test_an_unreadable_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "run/systemd/netif/links/4").mkdir(parents=True)
    write(tmp_path, {"etc/resolv.conf": "nameserver 192.0.2.10\n"})
    assert servers_of("eth0", 4, tmp_path) == ("192.0.2.10",)


def test_a_mapped_loopback_address_and_those_of_many_hosts_are_left_out(tmp_path: Path) -> None:
    servers = (
        "::ffff:127.0.0.53",
        "255.255.255.255",
        "224.0.0.251",
        "ff02::fb",
        "::1",
        "fe80::1%eth0",
    )
    text = "".join(f"nameserver {server}\n" for server in servers)
    write(tmp_path, {"etc/resolv.conf": text})
    assert servers_of("eth0", 4, tmp_path) == ("fe80::1",)


def test_of_a_hundred_servers_the_first_ones_are_asked(tmp_path: Path) -> None:
    text = "".join(f"nameserver 192.0.2.{number}\n" for number in range(1, 101))
    write(tmp_path, {"etc/resolv.conf": text})
    assert servers_of("eth0", 4, tmp_path) == tuple(f"192.0.2.{number}" for number in range(1, 9))


def test_a_link_in_a_circle_and_a_pipe_are_no_files(tmp_path: Path) -> None:
    """Opening a pipe that nobody writes to would stop the whole process."""
    (tmp_path / "etc").mkdir()
    file = tmp_path / "etc/resolv.conf"
    file.symlink_to(file.name)
    assert servers_of("eth0", 4, tmp_path) == ()
    file.unlink()
    os.mkfifo(file)
    asker = Thread(target=servers_of, args=("eth0", 4, tmp_path), daemon=True)
    asker.start()
    asker.join(HANGS_S)
    assert not asker.is_alive()


def test_of_a_file_without_end_only_its_start_is_read(tmp_path: Path) -> None:
    file = tmp_path / "etc/resolv.conf"
    write(tmp_path, {"etc/resolv.conf": "nameserver 192.0.2.1\n"})
    with file.open("r+b") as grown:
        grown.truncate(1 << 28)
    tracemalloc.start()
    try:
        assert servers_of("eth0", 4, tmp_path) == ("192.0.2.1",)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 1 << 24


def test_the_inventory_comes_before_everything(tmp_path: Path) -> None:
    write(tmp_path, {"etc/resolv.conf": "nameserver 192.0.2.10\n"})
    assert Resolvers("eth0", ("192.0.2.99",), tmp_path).servers(4) == ("192.0.2.99",)


def test_read_servers_are_kept_until_they_are_forgotten(tmp_path: Path) -> None:
    resolvers = Resolvers("eth0", (), tmp_path)
    write(tmp_path, {"etc/resolv.conf": "nameserver 192.0.2.10\n"})
    assert resolvers.servers(4) == ("192.0.2.10",)
    write(tmp_path, {"etc/resolv.conf": "nameserver 192.0.2.11\n"})
    assert resolvers.servers(4) == ("192.0.2.10",)
    resolvers.invalidate()
    assert resolvers.servers(4) == ("192.0.2.11",)
