"""What a commissioning run says of a line and of the counter, where each fact may be missing."""

from thongsuot_schema.commissioning.run import CommissioningRun, CounterProof, LinkProof, LinkStage
from thongsuot_schema.words.commissioning import (
    counter_sentence,
    outcome_sentence,
    result_lines,
    to_the_second,
)

NOON_S = 1_796_014_800.0


def lines(proof: LinkProof) -> list[str]:
    return result_lines(proof, str.upper, "en")


def test_a_time_is_read_to_the_second_in_vietnam() -> None:
    assert to_the_second(NOON_S + 3661) == "13:01:01"


def test_a_line_of_the_report_states_only_what_is_proven() -> None:
    assert lines(LinkProof(link="a")) == ["Not done yet"]
    assert lines(LinkProof(link="a", stage=LinkStage.SKIPPED)) == ["Left out, not proven"]
    swapped = LinkProof(link="a", stage=LinkStage.SWAPPED, swapped_with="b")
    assert "with B:" in lines(swapped)[0]
    proven = LinkProof(link="a", stage=LinkStage.PROVEN, lost_s=NOON_S, returned_s=NOON_S + 1)
    assert len(lines(proven)) == 1
    read = LinkProof(
        link="a",
        circuit="X",
        stage=LinkStage.PROVEN,
        lost_s=NOON_S,
        returned_s=NOON_S + 1,
        address="192.0.2.1",
        circuit_read="Y",
        is_circuit_same=False,
    )
    assert lines(read)[1:] == [
        "Seen by the centre from 192.0.2.1",
        "The label says Y, the records say X",
    ]


def test_the_counter_is_untested_unmeasured_dead_or_alive() -> None:
    def said(proof: CounterProof | None) -> str:
        return counter_sentence(proof, str.upper, "en")

    assert "not tested" in said(None)
    assert "not be measured" in said(CounterProof(at_s=0, is_alive=False))
    assert "no service" in said(CounterProof(at_s=0, is_alive=False, services=2))
    alive = CounterProof(at_s=0, is_alive=True, services=2, open_services=1)
    assert said(alive) == "The counter's computers open 1 of 2 services."
    over = CounterProof(at_s=0, is_alive=True, services=2, open_services=1, link="x")
    assert said(over).endswith("by way of X.")


def test_a_run_that_was_given_up_reports_it() -> None:
    run = CommissioningRun(id="a", begun_s=0, links=(), ended_s=1, is_abandoned=True)
    assert outcome_sentence(run, "en") == "Given up for a new run"
