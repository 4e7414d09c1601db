"""What a rewrite of the past changes in faults and incidents, and what it keeps."""

from tests.collector.incidents.city import CityFixture, healthy_city
from tests.collector.timeline.boot_script import CUT, LOSSY, UP, wall_ns
from thongsuot_collector.incidents.incident import ClosureCode
from thongsuot_collector.timeline.interval import Interval, Rewrite
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

FIBER = Subject("s0", "fiber")


def interval(state: State, from_s: float, until_s: float | None) -> Interval:
    is_up = state is State.UP
    return Interval(
        start_ns=wall_ns(from_s),
        end_ns=None if until_s is None else wall_ns(until_s),
        state=state,
        segment=None if is_up else Segment.ACCESS,
        symptom=Symptom.NONE if is_up else Symptom.ACCESS_SILENT,
    )


def rewrite(city: CityFixture, *intervals: Interval, is_last: bool = False) -> None:
    until_ns = None if is_last else intervals[-1].end_ns
    city.rewrites.append(
        Rewrite(
            subject=FIBER,
            from_ns=intervals[0].start_ns,
            until_ns=until_ns,
            intervals=intervals,
        )
    )
    city.advance()


def two_faults() -> CityFixture:
    """Return a city in which one line was cut from 100 to 200 and from 400 to 500."""
    city = healthy_city()
    for from_s in (100, 400):
        city.run(from_s)
        city.report("s0", "fiber", CUT)
        city.run(from_s + 100)
        city.report("s0", "fiber", UP)
    city.run(600)
    return city


def test_a_rewrite_starting_at_the_end_of_a_fault_keeps_that_fault() -> None:
    city = two_faults()
    first, _ = city.incidents("link_fault")
    rewrite(city, interval(State.UP, 200, None), is_last=True)
    assert city.registry.incidents[first.id] == first
    assert [str(incident.closure_code) for incident in city.incidents("link_fault")] == [
        "restored",
        "withdrawn",
    ]


def test_a_rewrite_ending_at_the_start_of_a_fault_keeps_that_fault() -> None:
    city = two_faults()
    _, second = city.incidents("link_fault")
    rewrite(city, interval(State.UP, 50, 400))
    assert city.registry.incidents[second.id] == second
    assert city.incidents("link_fault")[0].closure_code is ClosureCode.WITHDRAWN


def test_a_rewrite_of_the_past_changes_nothing_of_how_a_link_is_now() -> None:
    city = two_faults()
    state = city.registry.network_state
    rewrite(city, interval(State.UP, 250, 300), interval(State.DOWN, 300, 350))
    assert state.state_of(FIBER) is State.UP
    rewrite(city, interval(State.UP, 500, 590), interval(State.DOWN, 590, None), is_last=True)
    assert state.state_of(FIBER) is State.DOWN


def test_the_changes_of_a_fault_are_in_the_history_of_its_incident() -> None:
    city = healthy_city()
    city.run(100)
    city.report("s0", "fiber", LOSSY)
    city.run(200)
    city.report("s0", "fiber", CUT)
    city.run(300)
    history = city.only("link_fault").history
    assert [(entry.event, entry.about) for entry in history if entry.event.startswith("is ")] == [
        ("is down", "access_silent")
    ]


def test_a_withdrawn_incident_is_not_closed_again() -> None:
    city = two_faults()
    rewrite(city, interval(State.UP, 50, 400))
    withdrawn = city.incidents("link_fault")[0]
    city.run(700)
    rewrite(city, interval(State.UP, 40, 390))
    city.report("s0", "5g", CUT)
    assert city.registry.incidents[withdrawn.id] == withdrawn


def test_a_rewrite_within_a_fault_keeps_the_fault_outside_of_it() -> None:
    city = healthy_city()
    city.run(100)
    city.report("s0", "fiber", CUT)
    city.run(900)
    before = city.only("link_fault")
    city.rewrites.append(
        Rewrite(
            subject=FIBER,
            from_ns=wall_ns(300),
            until_ns=wall_ns(400),
            intervals=(interval(State.DOWN, 300, 400),),
            is_cut_before=True,
            is_cut_after=True,
        )
    )
    city.advance()
    after = city.only("link_fault")
    assert (after.opened_ns, after.is_open, after.id) == (before.opened_ns, True, before.id)
    fault = city.registry.faults[after.id]
    assert fault.phases[0].interval.start_ns == wall_ns(100)
    assert fault.end_ns is None


def test_a_fault_of_a_device_whose_times_are_corrected_stays_the_same_fault() -> None:
    city = two_faults()
    first, second = city.incidents("link_fault")
    cut = city.registry.faults[first.id].phases[0].interval
    moved = Interval(
        start_ns=wall_ns(260),
        end_ns=wall_ns(360),
        state=cut.state,
        segment=cut.segment,
        symptom=cut.symptom,
        source=cut.source,
    )
    rewrite(
        city,
        interval(State.UP, 50, 260),
        moved,
        interval(State.UP, 360, None),
        is_last=True,
    )
    assert city.registry.incidents[first.id].opened_ns == wall_ns(260)
    assert city.registry.incidents[first.id].closure_code is ClosureCode.RESTORED
    assert city.registry.incidents[second.id].closure_code is ClosureCode.WITHDRAWN
