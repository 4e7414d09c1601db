"""The open members of an incident by site, however many sites it has."""

from collections.abc import Iterator

import msgspec
import pytest

from tests.collector.notify.dispatch.webhook_receivers import one_and_a_fallback
from tests.collector.notify.incident_events import cut_fibre
from thongsuot_collector.incidents.incident import Incident, IncidentMember
from thongsuot_collector.notify.dispatch.member_index import MemberIndexes, index_of
from thongsuot_collector.timeline.subject import Subject


class CountedMembers(tuple[IncidentMember, ...]):
    """Members that count how often all of them are looked at."""

    __slots__ = ()
    walks = 0

    def __iter__(self) -> Iterator[IncidentMember]:
        CountedMembers.walks += 1
        return super().__iter__()


@pytest.fixture
def incident() -> Incident:
    return cut_fibre(one_and_a_fallback()).incident


def of_sites(incident: Incident, count: int, *, up_again: int = 0) -> Incident:
    """Return an incident with the two links of many sites, of which the first are up again."""
    (member, *_) = incident.members
    members = CountedMembers(
        msgspec.structs.replace(
            member,
            subject=Subject(f"s{number}", link),
            end_ns=member.start_ns + 1 if number < up_again else None,
        )
        for number in range(count)
        for link in ("fixed", "mobile")
    )
    return msgspec.structs.replace(incident, members=members, total=2 * count)


def test_an_index_has_the_open_members_of_each_site_in_their_order(incident: Incident) -> None:
    index = index_of(of_sites(incident, 40, up_again=10))
    assert (index.sites, index.affected) == (30, 60)
    assert index.of_site("s9") == ()
    assert [member.subject.link for member in index.of_site("s10")] == ["fixed", "mobile"]
    assert index.of_site("elsewhere") == ()


def test_ten_thousand_sites_that_push_do_not_each_look_at_all_the_others(
    incident: Incident,
) -> None:
    now_s = 0.0
    indexes = MemberIndexes(lambda: now_s)
    large = of_sites(incident, 5000)
    CountedMembers.walks = 0
    for number in range(5000):
        assert len(indexes.of(large).of_site(f"s{number}")) == 2
    once = CountedMembers.walks
    # It changes with every push while they join it, or are up again.
    for number in range(1, 100):
        now_s += 0.01
        assert indexes.of(of_sites(incident, 100, up_again=number)).affected == 10_000
    assert CountedMembers.walks == once <= 3


def test_a_large_incident_is_at_most_a_second_old_and_a_small_one_is_never(
    incident: Incident,
) -> None:
    now_s = 0.0
    indexes = MemberIndexes(lambda: now_s)
    assert indexes.of(of_sites(incident, 17)).affected == 34
    now_s = 0.9
    assert indexes.of(of_sites(incident, 17, up_again=1)).affected == 34
    now_s = 1.0
    assert indexes.of(of_sites(incident, 17, up_again=1)).affected == 32
    small = of_sites(incident, 16), of_sites(incident, 16, up_again=3)
    assert [indexes.of(state).affected for state in small] == [32, 26]


def test_no_more_than_a_thousand_indexes_are_kept(incident: Incident) -> None:
    indexes = MemberIndexes(lambda: 0.0)
    large = of_sites(incident, 17)
    first = msgspec.structs.replace(large, id="first")
    kept = indexes.of(first)
    for number in range(1023):
        indexes.of(msgspec.structs.replace(large, id=f"i{number}"))
    assert indexes.of(first) is kept
    for number in range(1024):
        indexes.of(msgspec.structs.replace(large, id=f"i{number}"))
    assert indexes.of(first) is not kept
