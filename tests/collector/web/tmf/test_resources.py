"""What another carrier's system may still read of an incident that is no longer its own."""

import msgspec

from tests.collector.notify.incident_events import city_inventory, cut_fibre, steady_city
from thongsuot_collector.incidents import city_decisions
from thongsuot_collector.incidents.answer import AnswerKind, Dispute, PartyAnswer
from thongsuot_collector.incidents.incident import Acknowledgement, HistoryEntry, Incident
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.queries.scope import WHOLE_CITY, QueryScope
from thongsuot_collector.web.tmf.incident_view import view_of
from thongsuot_collector.web.tmf.resources import alarm_head, status_changes, ticket_head
from thongsuot_schema.segment import Party

VNPT, FPT = (ResponsibleParty(Party.CARRIER, name) for name in ("vnpt", "fpt"))


def moved_to_fpt() -> Incident:
    """Return an incident of VNPT that turned out to be FPT's, who took it on and refused it."""
    incident = cut_fibre(steady_city(city_inventory())).incident
    at_ns = incident.known_ns + 10**9
    return msgspec.structs.replace(
        incident,
        party=FPT,
        acknowledgement=Acknowledgement(owner="carrier:fpt", at_ns=at_ns + 1),
        answers=(PartyAnswer(kind=AnswerKind.ACCEPTED, party=FPT, person="Phúc", at_ns=at_ns + 1),),
        dispute=Dispute(party=FPT, reference="", reason="không phải của FPT", at_ns=at_ns + 2),
        history=(*incident.history, HistoryEntry(at_ns=at_ns, event="party", about="carrier:fpt")),
    )


def test_a_carrier_whose_incident_it_is_no_more_has_a_cancelled_ticket_and_learns_no_answer() -> (
    None
):
    view = view_of(moved_to_fpt(), QueryScope(carrier="vnpt"))
    assert [change.status for change in status_changes(view)] == ["acknowledged", "cancelled"]
    assert (view.answers, view.disputes, view.acknowledgement) == ((), (), None)
    head = alarm_head(view)
    assert (head["state"], head["ackState"]) == ("cleared", "unacknowledged")
    assert "fpt" not in str(head).lower()


def test_the_carrier_whose_it_is_now_and_the_city_see_what_was_answered() -> None:
    incident = moved_to_fpt()
    for scope in (QueryScope(carrier="fpt"), WHOLE_CITY):
        view = view_of(incident, scope)
        assert ticket_head(view, 5)["status"] == "pending"
        assert [carrier_answer.person for carrier_answer in view.answers] == ["Phúc"]
        assert alarm_head(view)["ackState"] == "acknowledged"


def test_an_incident_closed_by_the_city_has_a_cancelled_ticket_and_a_cleared_alarm() -> None:
    city = steady_city(city_inventory())
    incident = cut_fibre(city).incident
    now_ns = incident.known_ns + 60 * 10**9
    closed = city_decisions.close(
        city.registry, incident.id, by="Lan", reason="đã trả kênh", now_ns=now_ns
    )
    for scope in (QueryScope(carrier="vnpt"), WHOLE_CITY):
        view = view_of(closed, scope)
        last = status_changes(view)[-1]
        assert (last.status, last.reason) == ("cancelled", "đã trả kênh")
        assert "resolutionDate" not in ticket_head(view, 5)
        assert alarm_head(view)["state"] == "cleared"
