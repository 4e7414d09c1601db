import msgspec
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.judge.keys import AwaitedLink, PathKey, SeriesKey, SubjectKey
from thongsuot_agent.judge.memory import (
    FirstHop,
    IssuedVerdict,
    LinkMemory,
    Memory,
    Round,
    ServiceComparison,
    ServiceMemory,
    Track,
)
from thongsuot_schema.path import ObservedRoute, Path, RouteHistory
from thongsuot_schema.result import Family
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Verdict

# Whatever a name may hold: text with spaces and slashes could not be taken apart again.
NAMES = st.text(max_size=12) | st.sampled_from(["", " ", "a b", "a/b", "ip4", "icmp zone ip4"])
FAMILIES = st.sampled_from(Family)
SERIES = st.builds(SeriesKey, NAMES, NAMES, FAMILIES)
PATHS = st.builds(PathKey, NAMES, FAMILIES)
SUBJECTS = st.builds(SubjectKey, NAMES, NAMES)
AWAITED = st.builds(AwaitedLink, NAMES, FAMILIES)
ROUTE = RouteHistory(latest=ObservedRoute(at_ns=1, path=Path()))


@given(SERIES, SERIES)
def test_two_series_have_the_same_key_only_when_all_fields_are_equal(
    first: SeriesKey, second: SeriesKey
) -> None:
    fields = [(key.kind, key.target, key.family) for key in (first, second)]
    assert (first == second) is (fields[0] == fields[1])
    assert (first < second) is (fields[0] < fields[1])
    assert len({first, second}) == len(set(fields))


@given(st.sets(SERIES), st.sets(PATHS), st.sets(SUBJECTS), st.sets(AWAITED))
def test_every_key_comes_out_of_a_checkpoint_as_it_went_in(
    series: set[SeriesKey],
    paths: set[PathKey],
    subjects: set[SubjectKey],
    awaited: set[AwaitedLink],
) -> None:
    link = LinkMemory(
        name="fiber",
        tracks={key: Track(kind=key.kind, target=key.target, family=key.family) for key in series},
        round=Round(opened_ns=0, due_ns=1, is_burst=True, awaited=series),
        paths=dict.fromkeys(paths, ROUTE),
        first_hops={Family.IP6: FirstHop(usual="fe80::1")},
    )
    comparison = ServiceComparison(opened_ns=0, due_ns=1, awaited=awaited)
    verdicts = {
        key: Verdict(link=key.link, service=key.service, state=State.UP) for key in subjects
    }
    memory = Memory(
        links={"fiber": link},
        services={"portal": ServiceMemory(name="portal", comparison=comparison)},
        issued={
            key: IssuedVerdict(verdict=verdict, onset_ns=0) for key, verdict in verdicts.items()
        },
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(memory), type=Memory) == memory
