"""The figures of a link are those of its own segments."""

from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.line import EchoRun, LineFigures, SeriesEchoes, line_figures
from thongsuot_schema.segment import Segment


def echoes(
    segment: Segment, *losses: float, rtt_s: float | None = None, domestic: bool = True
) -> SeriesEchoes:
    target = Target(name="a", role=Role.ANCHOR, segment=segment, domestic=domestic)
    return SeriesEchoes(target=target, runs=runs(*losses), rtt_s=rtt_s)


def runs(*losses: float) -> tuple[EchoRun, ...]:
    """Return runs that each began five seconds after the one before, from second 0 on."""
    return tuple(EchoRun(5.0 * place, loss) for place, loss in enumerate(losses))


def test_dead_anchors_of_another_carrier_are_no_loss_of_a_healthy_line() -> None:
    healthy = [
        echoes(Segment.ACCESS, 0.0, 0.0, rtt_s=0.002),
        echoes(Segment.CARRIER, 0.0, 0.0, rtt_s=0.004),
    ]
    others = [
        echoes(Segment.LAN, 0.5, 0.5, rtt_s=0.001),
        echoes(Segment.TRANSIT, 1.0, 1.0),
        echoes(Segment.TRANSIT, 0.3, 0.0, rtt_s=0.02),
        echoes(Segment.TRANSIT, 0.2, 0.0, rtt_s=0.2, domestic=False),
    ]
    assert line_figures([*others, *healthy]) == LineFigures(rtt_s=0.003, loss_ratio=0.0)


def test_loss_on_the_line_and_in_the_carriers_network_is_the_links() -> None:
    figures = line_figures(
        [
            echoes(Segment.ACCESS, 0.0, 0.0, 0.0, 0.0, rtt_s=0.002),
            echoes(Segment.CARRIER, 1.0, 0.0, 0.0, 0.0, rtt_s=0.004),
        ]
    )
    assert figures.loss_ratio == 0.125


def test_a_router_that_answers_no_echo_is_no_loss_while_another_answers() -> None:
    figures = line_figures([echoes(Segment.ACCESS, 1.0, 1.0), echoes(Segment.CARRIER, 0.0, 0.0)])
    assert figures.loss_ratio == 0.0


def test_the_exchange_speaks_only_where_nothing_nearer_answers() -> None:
    exchange = echoes(Segment.TRANSIT, 0.0, 1.0, rtt_s=0.02)
    assert line_figures([exchange]) == LineFigures(rtt_s=0.02, loss_ratio=0.5)
    assert line_figures([echoes(Segment.ACCESS, 1.0), exchange]).loss_ratio == 0.5
    assert line_figures([echoes(Segment.ACCESS, 0.0), exchange]).loss_ratio == 0.0


def test_a_dead_line_has_lost_everything_and_an_unmeasured_one_has_no_figure() -> None:
    dead = [echoes(Segment.ACCESS, 1.0), echoes(Segment.TRANSIT, 1.0)]
    assert line_figures(dead) == LineFigures(rtt_s=None, loss_ratio=1.0)
    assert line_figures([]) == LineFigures()
    assert line_figures([echoes(Segment.LAN, 0.0, rtt_s=0.001)]) == LineFigures()


def test_targets_that_no_inventory_describes_speak_last() -> None:
    unknown = SeriesEchoes(target=None, runs=runs(1.0, 0.0), rtt_s=0.03)
    assert line_figures([unknown]).loss_ratio == 0.5
    assert line_figures([unknown, echoes(Segment.CARRIER, 0.0)]).loss_ratio == 0.0


def test_losses_in_an_outage_are_no_loss_of_the_line_that_works_again() -> None:
    back = echoes(Segment.ACCESS, 0.0, 1.0, 1.0, 0.0, 0.0, rtt_s=0.004)
    assert line_figures([back]).loss_ratio == 0.4
    assert line_figures([back], since_s=15.0) == LineFigures(rtt_s=0.004, loss_ratio=0.0)
    # One that does not answer yet is silent, and no other's loss.
    silent = echoes(Segment.CARRIER, 0.0, 1.0, 1.0, 1.0, 1.0)
    assert line_figures([back, silent], since_s=15.0).loss_ratio == 0.0
    # Before anything was measured again there is no figure, and no old one in its place.
    assert line_figures([back], since_s=25.0) == LineFigures()
