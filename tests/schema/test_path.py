from thongsuot_schema.path import (
    Hop,
    Path,
    RouteHistory,
    describe_difference,
    is_same_route,
    parse_path,
    path_evidence,
    route_number,
    with_observation,
)


def hop(number: int, address: str = "", answered: int = 3) -> Hop:
    return Hop(
        number=number,
        sent=3,
        answered=answered if address else 0,
        addresses=(address,) if address else (),
        rtt_s=0.001 * number if address else None,
    )


def path(*addresses: str, reached: bool = True) -> Path:
    hops = tuple(hop(number, address) for number, address in enumerate(addresses, 1))
    return Path(hops=hops, is_reached=reached)


def test_a_path_travels_as_evidence_and_comes_back_the_same() -> None:
    path = Path(
        hops=(
            hop(1, "192.168.1.1"),
            hop(2),
            Hop(
                number=3,
                sent=3,
                answered=2,
                addresses=("2001:db8::1", "2001:db8::2"),
                rtt_s=0.012345,
                labels=(24001, 16),
            ),
        ),
        is_reached=True,
        first=3,
        mtu="1500 bytes",
        method="udp",
    )
    evidence = path_evidence(path)
    assert evidence["hop02"] == "* 0/3"
    assert evidence["hop03"] == "2001:db8::1|2001:db8::2 2/3 12345us L24001,16"
    assert parse_path(evidence, is_reached=True) == path


def refused(by: str, number: int = 2) -> Hop:
    return Hop(number=number, sent=3, answered=3, addresses=(by,), refusal="!H")


def test_a_refusal_travels_as_what_it_is_and_is_not_a_hop() -> None:
    cut = Path(hops=(hop(1, "192.168.1.1"), refused("192.168.1.1")))
    evidence = path_evidence(cut)
    assert evidence["hop02"] == "192.168.1.1 3/3 !H"
    assert parse_path(evidence, is_reached=False) == cut
    assert cut.last == 1
    assert cut.refusal == refused("192.168.1.1")


def test_a_refusal_is_not_another_route() -> None:
    good, ended = path("a", "b", "c"), path("a", reached=False)
    cut = Path(hops=(hop(1, "a"), refused("x")))
    assert is_same_route(good, cut)
    assert route_number(cut) == route_number(ended)
    assert describe_difference(good, cut) == "ends at hop 1"
    assert describe_difference(cut, good) == "reached again"


def test_a_long_path_fits_into_the_evidence_of_one_result() -> None:
    worst = "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"
    hops = tuple(
        Hop(
            number=number,
            sent=15,
            answered=15,
            addresses=(worst,) * 4,
            rtt_s=59.9,
            labels=(1048575,) * 16,
        )
        for number in range(1, 29)
    )
    evidence = path_evidence(Path(hops=hops, first=28, mtu="1500 bytes", method="icmp"))
    assert len(evidence) <= 32
    assert max(map(len, evidence.values())) <= 200
    assert len(parse_path(evidence, is_reached=False).hops) == 28


def test_unreadable_values_are_left_out_not_guessed() -> None:
    evidence = {
        "hop01": "192.168.1.1 3/3 1us",
        "hop02": "<script> 3/3",
        "hopxx": "10.0.0.1 3/3",
        "hop03": "10.0.0.1 3/3 9999999999999us",
        "first": "many",
    }
    path_read = parse_path(evidence, is_reached=False)
    assert [path_hop.number for path_hop in path_read.hops] == [1]
    assert path_read.first is None


def test_a_silent_hop_is_not_another_route_and_an_extra_hop_is() -> None:
    assert is_same_route(path("a", "b", "c"), path("a", "", "c"))
    assert not is_same_route(path("a", "b", "c"), path("a", "x", "c"))
    assert not is_same_route(path("a", "b", "c"), path("a", "b", "x", "c"))
    assert is_same_route(path("a", "b", "c"), path("a", "b", reached=False))


def test_the_number_of_a_route_is_that_of_its_hops() -> None:
    route = path("10.0.0.1", "10.0.0.2")
    assert route_number(route) == route_number(path("10.0.0.1", "10.0.0.2"))
    assert route_number(route) != route_number(path("10.0.0.2", "10.0.0.1"))
    assert 0 <= route_number(route) < 1 << 24


def test_the_difference_is_reported_in_words() -> None:
    assert describe_difference(path("a", "b"), path("a", "b")) == ""
    assert describe_difference(path("a", "b"), path("a", "x", "b")) == "2 to 3 hops, hop 2 b to x"
    assert describe_difference(path("a", "b"), path("a", reached=False)) == "ends at hop 1"


def test_before_is_the_last_way_that_led_there_and_differs() -> None:
    good, cut, other = path("a", "b", "c"), path("a", reached=False), path("a", "x", "c")
    routes: RouteHistory | None = None
    for at_ns, route in enumerate((good, good, cut, cut), 1):
        routes = with_observation(routes, at_ns, route)
    assert routes is not None
    assert routes.latest.path == cut
    assert routes.before is not None
    assert (routes.before.at_ns, routes.before.path) == (2, good)
    routes = with_observation(routes, 5, other)
    assert routes.before is not None
    assert routes.before.path == good
    assert with_observation(routes, 4, cut) is routes
