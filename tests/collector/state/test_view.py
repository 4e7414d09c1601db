"""What a site's page shows, from its state."""

from tests.collector.batches import BatchSealer, S, change, failed, icmp_result
from tests.collector.state.test_site import EPOCH, SITE, agent, opened
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.state.site import SiteState
from thongsuot_collector.state.view import site_view
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Carrier, Inventory, Link, Role, Site, Target
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.view import SiteView, SubjectView

INVENTORY = Inventory(
    carriers=(Carrier(name="vnpt", title="VNPT Hà Nội", hotline="18001166"),),
    sites=(
        Site(
            name=SITE,
            title="Điểm phục vụ Hoàn Kiếm",
            links=(
                Link(
                    name="fiber",
                    interface="eth0",
                    medium=Medium.FIBER,
                    carrier="vnpt",
                    circuit="HNI-1",
                ),
                Link(name="5g", interface="wwan0", medium=Medium.RADIO_5G),
            ),
        ),
    ),
    targets=(
        Target(
            name="portal",
            role=Role.SERVICE,
            segment=Segment.SERVICE,
            url="https://dichvucong.gov.vn/",
            title_vi="Cổng dịch vụ công",
        ),
        Target(name="lan", role=Role.ANCHOR, segment=Segment.LAN, addresses=("gateway",)),
        Target(name="hop", role=Role.ANCHOR, segment=Segment.ACCESS, addresses=("first-hop",)),
        Target(name="resolver", role=Role.ANCHOR, segment=Segment.CARRIER),
        Target(name="exchange", role=Role.ANCHOR, segment=Segment.TRANSIT),
        Target(name="abroad", role=Role.ANCHOR, segment=Segment.TRANSIT, domestic=False),
    ),
)


def view(
    state: SiteState | None, *, at: int, inventory: Inventory = INVENTORY, name: str = SITE
) -> SiteView:
    return site_view(
        name, state, InventoryDirectory(inventory), now_s=EPOCH / 1e9 + at, silent_after_s=45.0
    )


def lights(site: SiteView) -> dict[str, SubjectView]:
    return {light.name: light for light in (*site.links, *site.services)}


def told(*changes: object, device: BatchSealer | None = None, sealed: int = 1000) -> SiteState:
    device, state = device or agent(), SiteState()
    results = [
        icmp_result((sealed - 5) * S, target=target, rtt_s=rtt_s)
        for target, rtt_s in (
            ("lan", 0.001),
            ("hop", 0.020),
            ("exchange", 0.120),
            ("resolver", 0.040),
            ("abroad", 0.180),
        )
    ]
    state.apply(*opened(device, device.batch(sealed * S, results, changes=changes)))  # type: ignore[arg-type]
    return state


def test_a_site_of_the_inventory_that_never_reported_is_unknown_not_down() -> None:
    site = view(None, at=0)
    assert site.heard_s is None
    assert [light.name for light in site.links] == ["fiber", "5g"]
    assert {light.state for light in (*site.links, *site.services)} == {State.UNKNOWN}


def test_the_lights_show_what_stands_with_what_the_inventory_knows() -> None:
    site = view(
        told(
            change(
                990 * S,
                State.DOWN,
                segment=Segment.ACCESS,
                symptom=Symptom.ACCESS_SILENT,
                onset_ns=985 * S,
            ),
            change(990 * S, State.UP, link="", service="portal"),
            change(990 * S, State.UP, link="5g", service="portal"),
            change(990 * S, State.DOWN, link="fiber", service="portal"),
        ),
        at=1005,
    )
    fiber, five_g, portal = (lights(site)[name] for name in ("fiber", "5g", "portal"))
    assert (fiber.state, fiber.segment, fiber.symptom) == (
        State.DOWN,
        Segment.ACCESS,
        Symptom.ACCESS_SILENT,
    )
    assert fiber.since_s == EPOCH / 1e9 + 985
    assert (fiber.medium, fiber.carrier, fiber.carrier_hotline, fiber.circuit) == (
        "fiber",
        "VNPT Hà Nội",
        "18001166",
        "HNI-1",
    )
    assert (five_g.state, five_g.symptom) == (State.UNKNOWN, Symptom.NOT_YET_MEASURED)
    assert (portal.state, portal.title_vi) == (State.UP, "Cổng dịch vụ công")
    assert portal.reachable_over == ("5g",)


def test_a_links_figures_are_of_its_own_segments_and_shown_only_while_it_is_heard() -> None:
    up = lights(view(told(change(990 * S, State.UP)), at=1005))["fiber"]
    assert (up.rtt_s, up.loss_ratio) == (0.030, 0.0)
    down = lights(view(told(change(990 * S, State.DOWN)), at=1005))["fiber"]
    assert (down.rtt_s, down.loss_ratio) == (None, None)


def test_dead_anchors_of_another_network_do_not_count_as_loss_of_a_line() -> None:
    device, state = agent(), SiteState()
    results = [icmp_result(995 * S, target="hop"), icmp_result(995 * S, target="resolver")]
    results += [failed(995 * S, target=target) for target in ("exchange", "abroad")]
    changes = [change(990 * S, State.UP)]
    state.apply(*opened(device, device.batch(1000 * S, results, changes=changes)))
    assert lights(view(state, at=1001))["fiber"].loss_ratio == 0.0
    lossy = [icmp_result(1005 * S, target="hop", loss=0.5)]
    state.apply(*opened(device, device.batch(1010 * S, lossy)))
    assert lights(view(state, at=1011))["fiber"].loss_ratio == 0.5 / 3


def test_the_losses_of_an_outage_are_not_those_of_the_line_that_works_again() -> None:
    device, state = agent(), SiteState()
    up = [change(900 * S, State.UP)]
    before = [icmp_result(n * S, target="hop") for n in (980, 985)]
    state.apply(*opened(device, device.batch(986 * S, before, changes=up)))
    outage = [failed(n * S, target="hop") for n in (990, 995)]
    state.apply(*opened(device, device.batch(996 * S, outage)))
    assert lights(view(state, at=997))["fiber"].loss_ratio == 0.5
    back = [icmp_result(n * S, target="hop") for n in (1000, 1005)]
    changes = [change(992 * S, State.DOWN), change(1000 * S, State.UP)]
    state.apply(*opened(device, device.batch(1006 * S, back, changes=changes)))
    assert lights(view(state, at=1007))["fiber"].loss_ratio == 0.0


def test_an_agent_that_is_not_heard_makes_everything_unknown_since_then_at_once() -> None:
    state = told(change(990 * S, State.UP))
    heard_s = EPOCH / 1e9 + 1001
    assert lights(view(state, at=1045))["fiber"].state is State.UP
    site = view(state, at=1047)
    for light in (*site.links, *site.services):
        assert (light.state, light.symptom) == (State.UNKNOWN, Symptom.AGENT_SILENT)
        assert light.since_s == heard_s
        assert light.rtt_s is None
    assert site.heard_s == heard_s


def test_the_history_is_drawn_only_for_recorded_times() -> None:
    device, state = agent(), SiteState()
    for sealed, changes in (
        (1000, [change(990 * S, State.UP)]),
        (1015, [change(1010 * S, State.DOWN)]),
        (2000, []),
        (2015, [change(2010 * S, State.UP)]),
    ):
        batch = device.batch(sealed * S, [icmp_result((sealed - 15) * S)], changes=changes)
        state.apply(*opened(device, batch))
    history = lights(view(state, at=2016))["fiber"].history
    base_s = EPOCH / 1e9
    assert [(part.start_s - base_s, part.end_s - base_s, part.state) for part in history] == [
        (990, 1010, State.UP),
        (1010, 1015, State.DOWN),
        (1985, 2010, State.DOWN),
        (2010, 2015, State.UP),
    ]


def test_a_fault_lasts_in_the_history_from_its_beginning_to_the_first_answer() -> None:
    """As on the device's page and in the incident, not from one decision to the next."""
    device, state = agent(), SiteState()
    changes = [
        change(990 * S, State.UP),
        change(1004 * S, State.DOWN, onset_ns=1001 * S),
        change(1018 * S, State.UP, onset_ns=1009 * S),
    ]
    batch = device.batch(1020 * S, [icmp_result(980 * S)], changes=changes)
    state.apply(*opened(device, batch))
    history = lights(view(state, at=1021))["fiber"].history
    base_s = EPOCH / 1e9
    down = [part for part in history if part.state is State.DOWN]
    assert [(part.start_s - base_s, part.end_s - base_s) for part in down] == [(1001, 1009)]


def test_a_site_missing_in_the_inventory_is_shown_as_it_reports() -> None:
    site = view(told(change(990 * S, State.UP)), at=1001, inventory=Inventory())
    assert [(light.name, light.state) for light in site.links] == [("fiber", State.UP)]
    assert (site.title, site.commune) == ("", "")


def test_a_figure_that_is_old_is_not_shown() -> None:
    device = agent()
    state = told(change(990 * S, State.UP), device=device)
    state.apply(*opened(device, device.batch(1200 * S)))
    assert lights(view(state, at=1201))["fiber"].rtt_s is None
