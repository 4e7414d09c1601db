"""
What the law forbids to collect cannot be collected: there is no metric, no field, no text for it.

No packets or payloads of others, no names that people look up, addresses that they visit or flows;
no list of devices in the LAN; no numbers of SIM, modem or subscriber; no track of a place. Where
the house could come to know such a thing, what it may say is a closed list here: whoever adds to it
answers why it is none of those. (Law 91/2025/QH15 on personal data; Decree 356/2025/NĐ-CP.)
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.contract.house import ROOT, Module, modules, plant
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.samples.labels import labels_of_series, labels_of_subject
from thongsuot_schema.batch.model import Batch, Layout
from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.inventory.model import Carrier, Contact, Inventory, Link, Owner, Site
from thongsuot_schema.metric import Metric, ProbeKind, Unit
from thongsuot_schema.result import Family, Series

FORBIDDEN = re.compile(
    r"(?i)\b(?:imsi|imei|iccid|msisdn|subscribers?|phone|serial|mac|hardware address|dhcp|ssid|"
    r"wi-?fi|clients?|users?|citizens?|people|person|staff|flows?|payloads?|captured?|queries|"
    r"url|browser|history|latitude|longitude|gps|position|login|account|vneid|"
    r"công dân|người dùng|thuê bao|vị trí|toạ độ|tài khoản|khách)\b"
)
"""Words of which no metric may speak, in its name or in what it says of itself."""

IDENTITY_DIGITS = 14
"""The shortest number that names a modem or a SIM (3GPP TS 23.003: IMEI and IMSI)."""

TRAVELS = {
    "Batch": "site stream number boot_id clock previous results changes notices",
    "ClockReading": "boottime_ns wall_ns error_s",
    "Result": "series boottime_ns finding",
    "Series": "kind revision link target family",
    "Finding": "outcome reason values doubts detail evidence cost_bytes",
    "VerdictChange": "verdict before onset_boottime_ns decided_boottime_ns",
    "Verdict": "link service state segment symptom evidence",
    "Evidence": "kind target family segment outcome reason ok failed unmeasured metric value limit "
    "link",
    "Notice": "code boottime_ns text count value from_boottime_ns",
    "Layout": "series kinds",
    "KindColumns": "kind revision columns",
    "MetricColumn": "metric numerator denominator",
}
"""Every field of what leaves a device."""

LABELS = {"site", "link", "target", "family", "commune", "carrier", "medium"}
"""Every label of a series in a database, beside the metric's own name."""

EVIDENCE = {
    "counter": "address metrics.ANSWERED metrics.FROM_LINK metrics.GATEWAY metrics.LINK"
    " metrics.SEEN_BY",
    "dns": "addresses alias",
    "egress": "OTHER_CARRIER USED_CARRIER",
    "host": "address_conflict addresses boot_id gateway_hardware gateways other_carrier",
    "http": "BY_LAST_ADDRESS address issuer metrics.NAT64 metrics.OWN_SHARE proxy redirect"
    " retransmitted_segments subject",
    "icmp": "OLD_FLOW late_rtt_s",
    "path": "segment_size",
    "speedtest": "server",
    "stamp": "packets refused",
    "throughput": "ended_by_max_bytes",
    "radio": "apn bearer contract error event lte_cell modem network nr nr_cell other_carrier"
    " registration rejected sim",
    "snmp": "counters device event interface model optical profiles rejected",
}
"""
Every key of a finding's evidence: the only free texts of a result, beside its detail. All tell of
the device's own probes and of equipment (``gateway_hardware`` is the router's, by which a swapped
box is known): ``BY_LAST_ADDRESS`` is whether a portal of the inventory
answered at the address that it had last, those of ``counter`` name the site's own links and its
router, ``OTHER_CARRIER`` and ``USED_CARRIER`` are names of
carriers of the inventory, ``proxy`` is the office's as the device's settings name it,
``late_rtt_s`` when our own echo was answered, ``OLD_FLOW`` whether those that
keep their identifier are, and ``OWN_SHARE`` how much of a page's time the device itself took. One
tells of somebody else: ``address_conflict`` has the hardware address of a host that claims the
device's own address, which is the proof of that fault.
"""

LISTENS = {
    "links.address_conflict": "claims on our own address; a kernel filter drops everything else",
    "links.flow": "answers to our own probes, by a filter in the kernel",
    "links.icmp_sockets": "echoes with our own identifier, by a filter in the kernel",
    "links.rtnetlink_client": "netlink: the kernel's tables, no packets",
    "links.monitor": "netlink: the kernel's tables, no packets",
    "links.packet_sockets": "answers to a trace's own probes, by a filter in the kernel",
    "links.arp_sender": "asks for the gateway; sends only, nothing is read",
    "links.neighbour": "asks for the gateway; sends only, nothing is read",
    "links.tcp_refusal": "a segment of our own failed connection; sends only, nothing is read",
}
"""The only modules that open sockets by which packets of others could be seen, and what they do."""


def speaks(kind: ProbeKind, metric: Metric) -> list[str]:
    """Return the words that a metric may not have."""
    help_text = " ".join(
        (metric.name.replace("_", " "), metric.help_en, metric.help_vi, kind.title_en)
    )
    return FORBIDDEN.findall(help_text)


def test_no_metric_speaks_of_what_may_not_be_collected() -> None:
    spoken = {
        metric.name: words
        for kind in map(catalogue.load, catalogue.kinds())
        for metric in kind.metrics
        if (words := speaks(kind, metric))
    }
    assert spoken == {}


def test_no_bare_number_is_wide_enough_for_an_identity() -> None:
    for kind in map(catalogue.load, catalogue.kinds()):
        for metric in kind.metrics:
            if metric.unit is Unit.NUMBER:
                assert metric.maximum is not None, metric.name
                assert metric.maximum / metric.resolution < 10**IDENTITY_DIGITS, metric.name


def structs(kind: object, seen: dict[str, str]) -> dict[str, str]:
    """Return the fields of a type and of all that it holds, by the type's name."""
    for inner in getattr(kind, "__args__", ()):
        structs(inner, seen)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__name__ not in seen:
        fields = msgspec.structs.fields(kind)
        seen[kind.__name__] = " ".join(field.name for field in fields)
        for field in fields:
            structs(field.type, seen)
    return seen


def test_data_that_leaves_a_device_has_these_fields_and_no_other() -> None:
    assert structs(Layout, structs(Batch, {})) == TRAVELS


def test_labels_are_these_and_hold_nobody() -> None:
    nobody = Contact(name="Nguyễn Văn A", phone="0912345678", email="a@example")
    inventory = Inventory(
        carriers=(Carrier(name="vnpt", hotline="18001166", contacts=(nobody,)),),
        owners=(Owner(name="centre", contacts=(nobody,)),),
        sites=(
            Site(
                name="a",
                commune="00004",
                owner="centre",
                contacts=(nobody,),
                links=(Link(name="fiber", interface="eth0", carrier="vnpt", circuit="HNI-1"),),
            ),
        ),
    )
    labels_of = InventoryDirectory(inventory).labels_of
    series = Series(kind="icmp", revision=1, link="fiber", target="quad", family=Family.IP4)
    labels = labels_of_series(labels_of, "a", series)
    assert set(labels) == LABELS
    assert set(labels_of_subject(labels_of, "a", "fiber", "dichvucong")) <= LABELS
    for value in labels.values():
        assert not any(text in value for text in (nobody.name, nobody.phone, nobody.email))


def evidence_keys(module: Module) -> Iterator[str]:
    """Yield the keys of evidence that a module writes."""
    for function in ast.walk(module.tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        whole = "evidence" in function.name
        for node in ast.walk(function):
            if isinstance(node, ast.Dict) and whole:
                yield from keys(node)
            elif isinstance(node, ast.keyword) and node.arg == "evidence":
                yield from keys(node.value)
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    name = ast.unparse(target)
                    if name == "evidence":
                        yield from keys(node.value)
                    if isinstance(target, ast.Subscript) and (
                        name.startswith("evidence[") or (whole and name.startswith("texts["))
                    ):
                        yield ast.unparse(target.slice).strip("'")


def keys(tree: ast.AST) -> Iterator[str]:
    """Yield the keys of the dictionaries in an expression; what is no text, as it is written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            yield from (ast.unparse(key).strip("'") for key in node.keys if key is not None)


def writers(root: Path) -> list[Module]:
    """Return the modules that write evidence of findings."""
    parts = ("/probes/", "/probing/")
    return [
        module
        for module in modules(root, ("agent",))
        if any(part in module.path.as_posix() for part in parts)
    ]


def test_evidence_has_these_keys_and_no_other() -> None:
    keys_by_kind: dict[str, set[str]] = {}
    for module in writers(ROOT):
        if written := set(evidence_keys(module)):
            parts = module.name.split(".")
            keys_by_kind.setdefault(parts[2], set()).update(written)
    assert keys_by_kind == {kind: set(names.split()) for kind, names in EVIDENCE.items()}


def test_a_key_of_evidence_that_is_new_is_found(tmp_path: Path) -> None:
    text = (
        "def run():\n"
        "    evidence = {'a': x} if x else {}\n"
        "    evidence['b'] = y\n"
        "    return ok(values, evidence={**evidence, 'c': z})\n"
        "def _evidence(state):\n"
        "    texts = {'d': '', KEY: ''}\n"
        "    texts['e'] = ''\n"
        "    return {key: text for key, text in texts.items()}\n"
        "other = {'f': 1}\n"
    )
    plant(tmp_path, "agent/src/thongsuot_agent/probes/new.py", text)
    (module,) = writers(tmp_path)
    assert set(evidence_keys(module)) == {"a", "b", "c", "d", "KEY", "e"}


_LISTENING = re.compile(r"\bAF_PACKET\b|\bSOCK_RAW\b|\bPF_PACKET\b|\bsniff\b|\bpcap\b")


def listening(root: Path) -> set[str]:
    """Return the modules of the agent that could see packets which are not meant for it."""
    return {
        module.name
        for module in modules(root, ("agent",))
        if any(
            isinstance(node, ast.Attribute | ast.Name) and _LISTENING.search(ast.unparse(node))
            for node in ast.walk(module.tree)
        )
    }


def test_packets_of_others_could_be_seen_in_these_modules_and_no_other() -> None:
    assert listening(ROOT) == {f"thongsuot_agent.{name}" for name in LISTENS}


def test_a_module_that_listens_is_found(tmp_path: Path) -> None:
    text = "import socket\nopened = socket.socket(socket.AF_PACKET, 3)\n"
    plant(tmp_path, "agent/src/thongsuot_agent/probes/new.py", text)
    plant(tmp_path, "agent/src/thongsuot_agent/probes/good.py", "import socket\n")
    assert listening(tmp_path) == {"thongsuot_agent.probes.new"}


_ASKED = re.compile(
    r"(?i)\+(?:CIMI|CGSN|CNUM|CCID|QCCID|CGPS|QGPS)|nf_conntrack|/proc/net/(?:arp|tcp|udp)|"
    r"station dump|hostapd|arp-scan|--location|dnsmasq|\.mozilla|queries\.log"
)
"""How a device would be asked for what may not be known."""


def asks(root: Path) -> dict[str, str]:
    """Return the texts in the agent's code that ask for what may not be known, by module."""
    texts = {}
    for module in modules(root, ("agent",)):
        documented = {
            id(node.value) for node in ast.walk(module.tree) if isinstance(node, ast.Expr)
        }  # docstrings
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and id(node) not in documented:
                text = str(node.value)
                if _ASKED.search(text):
                    texts[module.name] = text
    return texts


def test_no_device_is_asked_for_what_may_not_be_known() -> None:
    assert asks(ROOT) == {}


@pytest.mark.parametrize("text", ["AT+CIMI", "/proc/net/nf_conntrack", "mmcli -m 0 --location-get"])
def test_a_question_for_it_is_found(tmp_path: Path, text: str) -> None:
    plant(tmp_path, "agent/src/thongsuot_agent/radio/x.py", f'"""AT+CIMI"""\nASK = "{text}"\n')
    assert asks(tmp_path) == {"thongsuot_agent.radio.x": text}


def test_a_metric_that_speaks_of_it_is_found() -> None:
    kind = catalogue.load("icmp")
    good = kind.metrics[0]
    assert speaks(kind, good) == []
    for name in ("icmp_clients_count", "icmp_imsi_number", "icmp_gps_latitude_number"):
        bad = Metric(
            name=name, unit=Unit.NUMBER, help_en="x", help_vi="y", resolution=1, maximum=1.0
        )
        assert speaks(kind, bad) != []
