"""Each screen of the walk: what it asks for, which buttons it has, and who sees them."""

import pytest

from tests.schema.page.document import HtmlDocument
from tests.schema.page.healthy_site import NOW_S
from thongsuot_schema.commissioning.run import (
    Attempt,
    AttemptOutcome,
    CommissioningRun,
    CommissioningStep,
    CounterProof,
    FailedAttempt,
    LinkProof,
    LinkStage,
)
from thongsuot_schema.page.commissioning import CommissioningView, commissioning_page
from thongsuot_schema.state import State
from thongsuot_schema.view import SiteView, SubjectView
from thongsuot_schema.words.translations import languages

SITE = SiteView(
    site="ba-dinh",
    title="Điểm <Ba Đình>",
    commune="",
    now_s=NOW_S,
    links=tuple(
        SubjectView(
            name=name,
            title_vi="",
            title_en="",
            state=State.UP,
            medium=medium,
            carrier=carrier,
        )
        for name, medium, carrier in (("fixed", "fiber", "Sông Hồng"), ("mobile", "5g", "Cửu Long"))
    ),
    services=(),
)
FIXED = LinkProof(link="fixed", circuit="HN-1")
MOBILE = LinkProof(link="mobile", circuit="CL-2")
PROVEN = LinkProof(
    link="fixed",
    circuit="HN-1",
    stage=LinkStage.PROVEN,
    lost_s=NOW_S,
    returned_s=NOW_S + 65,
    witnesses=("mobile",),
    address="203.0.113.9",
    circuit_read="HN-1",
    is_circuit_same=True,
)


def run(step: CommissioningStep, **more: object) -> CommissioningRun:
    fields: dict[str, object] = {"id": "ab", "begun_s": NOW_S, "links": (FIXED, MOBILE)} | more
    return CommissioningRun(step=step, **fields)  # type: ignore[arg-type]


def shown(
    run_: CommissioningRun | None,
    *,
    key: str = "k1",
    language: str = "en",
    missing: tuple[str, ...] = (),
    problem: str = "",
    is_seen: bool = False,
) -> HtmlDocument:
    view = CommissioningView(
        site=SITE, run=run_, key=key, missing=missing, problem=problem, is_seen=is_seen, left_s=90
    )
    return HtmlDocument(commissioning_page(view, language=language))


def actions(page: HtmlDocument) -> list[str | None]:
    return [field["value"] for field in page.all("input") if field.get("name") == "action"]


def test_without_a_run_a_code_is_asked_for() -> None:
    page = shown(None, key="")
    assert actions(page) == ["begin"]
    assert "6 digits" in page.text
    assert not page.all("script"), "what is being typed is not taken away"


def test_a_refused_code_says_why() -> None:
    assert "The code is wrong" in shown(None, problem="wrong").text
    assert "Wait ten minutes" in shown(None, problem="too_many").text


def test_the_cable_is_asked_for_by_name_and_only_once_the_lines_live() -> None:
    ready = shown(run(CommissioningStep.READY))
    assert actions(ready) == ["pull"]
    assert "Line 1 of 2" in ready.text
    assert "HN-1" in ready.text
    held = shown(run(CommissioningStep.READY), missing=("mobile",))
    assert actions(held) == ["skip"]
    assert "Cannot begin yet" in held.text
    pull = shown(run(CommissioningStep.PULL, attempt=Attempt(asked_ns=1)))
    assert actions(pull) == []
    assert "Please pull the cable of" in pull.text
    assert pull.all("script"), "the page follows by itself"
    seen = shown(run(CommissioningStep.PULL, attempt=Attempt(asked_ns=1)), is_seen=True)
    assert "A line has gone down" in seen.text


def test_the_proof_is_shown_to_the_second() -> None:
    page = shown(run(CommissioningStep.COUNTER, links=(PROVEN, MOBILE), position=1))
    assert "down at 11:58:00, back at 11:59:05" in page.text
    assert "203.0.113.9" in page.text
    assert actions(page) == ["counter"]


def test_swapped_labels_can_be_noted_and_others_only_tried_again() -> None:
    failure = FailedAttempt(link="fixed", outcome=AttemptOutcome.OTHER_LOST, lost=("mobile",))
    page = shown(run(CommissioningStep.READY, failures=(failure,), is_failure_shown=True))
    assert actions(page) == ["pull", "swap", "skip"]
    assert "No setting is changed" in page.text
    nothing = FailedAttempt(link="fixed", outcome=AttemptOutcome.NOTHING_LOST)
    page = shown(run(CommissioningStep.READY, failures=(nothing,), is_failure_shown=True))
    assert actions(page) == ["pull", "skip"]


def test_a_label_is_confirmed_or_typed() -> None:
    page = shown(run(CommissioningStep.CIRCUIT))
    assert actions(page) == ["circuit", "circuit"]
    unknown = shown(run(CommissioningStep.CIRCUIT, links=(LinkProof(link="fixed"),)))
    assert actions(unknown) == ["circuit"]


def test_the_end_says_what_is_left_to_do_and_offers_to_prove_again() -> None:
    alive = CounterProof(at_s=NOW_S, is_alive=True, link="fixed", open_services=2, services=2)
    complete = run(CommissioningStep.DONE, links=(PROVEN,), counter=alive, ended_s=NOW_S)
    page = shown(complete)
    assert "every line is the one on its label" in page.text
    assert "open 2 of 2 services" in page.text
    assert actions(page) == ["begin"]
    swapped = LinkProof(link="mobile", stage=LinkStage.SWAPPED, swapped_with="fixed")
    wrong = FailedAttempt(
        link="fixed", outcome=AttemptOutcome.OTHER_LOST, lost=("mobile",), at_s=NOW_S
    )
    page = shown(
        run(CommissioningStep.DONE, links=(PROVEN, swapped), ended_s=NOW_S, failures=(wrong,))
    )
    assert "Attempts that proved nothing 11:58:00" in page.text
    assert "work left to do" in page.text
    assert "Label exchanged with" in page.text


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("step", CommissioningStep)
def test_spectators_have_no_button_in_any_step(step: CommissioningStep, language: str) -> None:
    links = (PROVEN, MOBILE) if step is CommissioningStep.RETURN else (FIXED, MOBILE)
    page = shown(run(step, links=links), key="", language=language)
    assert set(actions(page)) <= {"begin"}
    assert "<" not in page.text.replace("Điểm <Ba Đình>", "")
    assert page.all("html")[0]["lang"] == language


@pytest.mark.parametrize("outcome", AttemptOutcome)
@pytest.mark.parametrize("language", languages())
def test_every_failure_has_its_sentence(outcome: AttemptOutcome, language: str) -> None:
    failure = FailedAttempt(link="fixed", outcome=outcome, lost=("mobile",))
    page = shown(
        run(CommissioningStep.READY, failures=(failure,), is_failure_shown=True), language=language
    )
    assert "{" not in page.text
