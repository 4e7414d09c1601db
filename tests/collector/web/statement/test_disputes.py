"""Disputes and closures listed beside a statement."""

import msgspec

from tests.collector.incidents.city import healthy_city
from tests.collector.incidents.test_registry import incident
from tests.collector.timeline.boot_script import wall_ns
from thongsuot_collector.incidents.answer import Dispute
from thongsuot_collector.incidents.decision import Closing
from thongsuot_collector.incidents.party import ResponsibleParty, Severity
from thongsuot_collector.sla.statement import Circuit
from thongsuot_collector.web.statement.disputes import closing_lines, dispute_lines
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.segment import Party

CIRCUIT = Circuit(site="s0", link="fiber", name="FTTH-0042", carrier="vnpt", medium=Medium.FIBER)


def dispute(carrier: str, reason: str) -> Dispute:
    party = ResponsibleParty(Party.CARRIER, carrier)
    return Dispute(party=party, reference="TT-1", reason=reason, at_ns=wall_ns(61))


def test_each_dispute_by_the_circuits_carrier_has_a_line_whether_settled_or_open() -> None:
    denied = msgspec.structs.replace(
        incident("i1", "f1"),
        past_disputes=(dispute("vnpt", "power"), dispute("viettel", "not ours")),
        dispute=dispute("vnpt", "cable was whole"),
    )
    directory = healthy_city(sites=1).directory
    first, second = dispute_lines([denied, incident("i2", "f2")], CIRCUIT, directory, "en")
    assert "(i1)" in first
    assert "power" in first
    assert "cable was whole" in second


def test_an_incident_closed_by_the_city_has_a_line_with_person_and_reason() -> None:
    closing = Closing(by="Lan", reason="a drill", at_ns=wall_ns(70), severity=Severity.WARNING)
    closed = msgspec.structs.replace(incident("i1", "f1"), closing=closing)
    (line,) = closing_lines([closed, incident("i2", "f2")], CIRCUIT, "en")
    assert all(words in line for words in ("i1", "Lan", "a drill"))
