"""How answers of parties and decisions of the city change an incident."""

import msgspec
import pytest

from tests.collector.incidents.city import CityFixture, inventory
from tests.collector.timeline.boot_script import CUT, UP, wall_ns
from thongsuot_collector.errors import AnswerImpossible
from thongsuot_collector.incidents import actions
from thongsuot_collector.incidents.answer import AnswerKind, Dispute, PartyAnswer, Ruling
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.party import CITY, ResponsibleParty
from thongsuot_schema.segment import Party

VNPT = ResponsibleParty(Party.CARRIER, "vnpt")


@pytest.fixture
def city() -> CityFixture:
    """A city in which one fibre of VNPT is cut, and VNPT was told."""
    made = CityFixture(inventory(6, ("vnpt", "viettel")))
    made.start()
    made.run(30)
    made.report("s0", "fiber", CUT)
    made.run(60)
    return made


def said(
    city: CityFixture,
    kind: AnswerKind,
    *,
    party: ResponsibleParty = VNPT,
    text: str = "",
    token: str = "",
    at_s: float = 61,
    expected_s: float | None = None,
) -> Incident:
    """Let Bình of a party answer about the only incident."""
    answer = PartyAnswer(
        kind=kind,
        party=party,
        person="Bình",
        at_ns=wall_ns(at_s),
        text=text,
        token=token,
        expected_ns=None if expected_s is None else wall_ns(expected_s),
    )
    return actions.answer(city.registry, city.only("link_fault").id, answer)


def decide(city: CityFixture, *, is_upheld: bool) -> Incident:
    ruling = Ruling(is_upheld=is_upheld, reason="đã đo tại cột", by="Lan", at_ns=wall_ns(70))
    return actions.rule(city.registry, city.only("link_fault").id, ruling)


def test_an_accepted_incident_has_the_name_of_its_person(city: CityFixture) -> None:
    incident = said(city, AnswerKind.ACCEPTED, text="đã cử đội cáp")
    assert incident.acknowledgement is not None
    assert incident.acknowledgement.owner == "carrier:vnpt"
    assert incident.acknowledgement.note == "Bình: đã cử đội cáp"
    assert incident.history[-1].event == "answer accepted"


def test_the_expected_repair_time_is_the_latest_one_stated(
    city: CityFixture,
) -> None:
    assert city.only("link_fault").expected_ns is None
    said(city, AnswerKind.EXPECTED, expected_s=3_600)
    said(city, AnswerKind.EXPECTED, expected_s=7_200, at_s=62)
    incident = said(city, AnswerKind.MENDED, at_s=63)
    assert incident.expected_ns == wall_ns(7_200)
    assert incident.acknowledgement is not None, "who names a moment has taken it on"
    assert incident.is_open, "whether it is mended the measurements say"


def test_a_refused_incident_is_the_citys_until_it_has_decided(city: CityFixture) -> None:
    assert city.only("link_fault").acting_party == VNPT
    said(city, AnswerKind.ACCEPTED)
    refused = said(city, AnswerKind.REFUSED, text="ONT mất điện", at_s=62)
    assert (refused.is_disputed, refused.acting_party) == (True, CITY)
    assert refused.acknowledgement is None, "who refuses it has not taken it on"
    assert refused.dispute is not None
    assert (refused.dispute.person, refused.dispute.reason) == ("Bình", "ONT mất điện")
    ruled = decide(city, is_upheld=False)
    assert (ruled.is_disputed, ruled.acting_party) == (False, VNPT)
    assert ruled.history[-1].about == "Lan: đã đo tại cột"


def test_a_dispute_upheld_by_the_city_makes_the_incident_the_citys(
    city: CityFixture,
) -> None:
    said(city, AnswerKind.REFUSED, text="nhà dân đào đường")
    ruled = decide(city, is_upheld=True)
    assert (ruled.is_disputed, ruled.acting_party) == (False, CITY)


def test_the_city_decides_once_and_only_what_is_disputed(city: CityFixture) -> None:
    with pytest.raises(AnswerImpossible, match="not_disputed"):
        decide(city, is_upheld=True)
    said(city, AnswerKind.REFUSED, text="không phải")
    decide(city, is_upheld=False)
    with pytest.raises(AnswerImpossible, match="not_disputed"):
        decide(city, is_upheld=True)
    with pytest.raises(AnswerImpossible, match="decided"):
        said(city, AnswerKind.REFUSED, text="vẫn không phải", at_s=80)


def test_accepting_withdraws_the_dispute_and_a_new_one_may_follow(
    city: CityFixture,
) -> None:
    said(city, AnswerKind.REFUSED, text="không phải")
    with pytest.raises(AnswerImpossible, match="disputed"):
        said(city, AnswerKind.REFUSED, text="không phải", at_s=62)
    accepted = said(city, AnswerKind.ACCEPTED, at_s=63)
    assert accepted.dispute is not None
    assert (accepted.is_disputed, accepted.dispute.withdrawn_ns) == (False, wall_ns(63))
    again = said(city, AnswerKind.REFUSED, text="đã xem lại", at_s=64)
    assert again.is_disputed
    assert [dispute.withdrawn_ns for dispute in again.past_disputes] == [wall_ns(63)]


def test_a_ticket_refused_twice_is_one_dispute_and_does_not_undo_the_citys_decision(
    city: CityFixture,
) -> None:
    name = city.only("link_fault").id
    refusal = Dispute(party=VNPT, reference="TT-1", reason="không phải", at_ns=wall_ns(61))
    actions.dispute(city.registry, name, refusal)
    decide(city, is_upheld=True)
    again = Dispute(party=VNPT, reference="TT-1", reason="hủy phiếu", at_ns=wall_ns(90))
    assert not actions.dispute(city.registry, name, again).is_disputed
    other = Dispute(party=VNPT, reference="TT-2", reason="không phải", at_ns=wall_ns(91))
    assert actions.dispute(city.registry, name, other).is_disputed


def test_answers_of_other_parties_or_by_a_used_link_are_refused(city: CityFixture) -> None:
    before = city.only("link_fault")
    viettel = ResponsibleParty(Party.CARRIER, "viettel")
    with pytest.raises(AnswerImpossible, match="not_theirs"):
        said(city, AnswerKind.ACCEPTED, party=viettel)
    assert city.only("link_fault") == before
    said(city, AnswerKind.ACCEPTED, token="a")
    with pytest.raises(AnswerImpossible, match="used"):
        said(city, AnswerKind.ACCEPTED, token="a", at_s=62)
    said(city, AnswerKind.MENDED, token="b", at_s=62)


def test_an_incident_accepts_a_limited_number_of_answers(city: CityFixture) -> None:
    for number in range(actions.MOST_ANSWERS):
        said(city, AnswerKind.MENDED, text="xong", at_s=61 + number)
    before = city.only("link_fault")
    with pytest.raises(AnswerImpossible, match="many"):
        said(city, AnswerKind.MENDED, text="xong", at_s=400)
    assert city.only("link_fault") == before


def test_a_closed_incident_takes_no_answer_and_a_reopened_one_starts_without_any(
    city: CityFixture,
) -> None:
    said(city, AnswerKind.REFUSED, text="không phải")
    city.report("s0", "fiber", UP)
    city.run(80)
    city.cut_uplink("s0")
    city.report("s0", "fiber", CUT, onset_s=80)
    city.run(100)
    with pytest.raises(AnswerImpossible, match="over"):
        said(city, AnswerKind.ACCEPTED, at_s=100)
    city.restore_uplink("s0")
    city.run(101)
    again = city.only("link_fault")
    assert (again.is_open, again.answers, again.dispute) == (True, (), None)
    assert [dispute.reason for dispute in again.past_disputes] == ["không phải"]


def test_the_beginning_and_the_settlement_of_a_dispute_are_notified() -> None:
    dispute = Dispute(party=VNPT, reference="TT-1", reason="không phải", at_ns=wall_ns(61))
    assert dispute.steps == 1
    assert msgspec.structs.replace(dispute, withdrawn_ns=wall_ns(62)).steps == 2
