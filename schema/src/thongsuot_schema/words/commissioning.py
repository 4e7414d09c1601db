"""Commissioning in words: the proof of each line of a run, and why an attempt proved nothing."""

from collections.abc import Callable
from typing import Final

from thongsuot_schema.commissioning.run import (
    AttemptOutcome,
    CommissioningRun,
    CounterProof,
    FailedAttempt,
    LinkProof,
    LinkStage,
)
from thongsuot_schema.words.dates import local
from thongsuot_schema.words.language import Language, Text, join_list

FAILURES: Final[dict[AttemptOutcome, Text]] = {
    AttemptOutcome.NOTHING_LOST: Text("schema.commissioning.failed.nothing_lost"),
    AttemptOutcome.OTHER_LOST: Text("schema.commissioning.failed.other_lost"),
    AttemptOutcome.SEVERAL_LOST: Text("schema.commissioning.failed.several_lost"),
    AttemptOutcome.UNWITNESSED: Text("schema.commissioning.failed.unwitnessed"),
    AttemptOutcome.NOT_RETURNED: Text("schema.commissioning.failed.not_returned"),
    AttemptOutcome.OTHER_LOST_AT_RETURN: Text("schema.commissioning.failed.other_lost_at_return"),
    AttemptOutcome.RETURNED_ELSEWHERE: Text("schema.commissioning.failed.returned_elsewhere"),
    AttemptOutcome.INTERRUPTED: Text("schema.commissioning.failed.interrupted"),
}

_COMPLETE: Final = Text("schema.commissioning.done.complete")
_INCOMPLETE: Final = Text("schema.commissioning.done.incomplete")
_ABANDONED: Final = Text("schema.commissioning.done.abandoned")

Phrase = Callable[[str], str]
"""The name of a link in running text, by its name."""


def to_the_second(unix_s: float) -> str:
    """Return "14:05:03", in the time of Vietnam."""
    return local(unix_s).strftime("%H:%M:%S")


def result_lines(proof: LinkProof, phrase: Phrase, language: Language) -> list[str]:
    """Return the proof of a link, as sentences."""
    if proof.stage is LinkStage.SWAPPED:
        other = phrase(proof.swapped_with)
        return [Text("schema.commissioning.result.swapped", link=other).read(language)]
    if proof.stage is LinkStage.SKIPPED:
        return [Text("schema.commissioning.result.skipped").read(language)]
    if proof.lost_s is None or proof.returned_s is None:
        return [Text("schema.commissioning.result.untried").read(language)]
    proven = Text(
        "schema.commissioning.result.proven",
        lost=to_the_second(proof.lost_s),
        returned=to_the_second(proof.returned_s),
    )
    lines = [proven.read(language)]
    if proof.address:
        seen = Text("schema.commissioning.result.address", address=proof.address)
        lines.append(seen.read(language))
    return [*lines, *_circuit_lines(proof, language)]


def _circuit_lines(proof: LinkProof, language: Language) -> list[str]:
    read, circuit = proof.circuit_read, proof.circuit
    if not read:
        return []
    if proof.is_circuit_same:
        return [Text("schema.commissioning.result.circuit_same", circuit=read).read(language)]
    if not circuit:
        return [Text("schema.commissioning.result.circuit_new", read=read).read(language)]
    differs = Text("schema.commissioning.result.circuit_differs", read=read, circuit=circuit)
    return [differs.read(language)]


def failure_sentence(failure: FailedAttempt, phrase: Phrase, language: Language) -> str:
    """Return why an attempt proved nothing, and what to do."""
    lost = join_list([phrase(name) for name in failure.lost], language)
    sentence = FAILURES[failure.outcome].read(language, link=phrase(failure.link), lost=lost)
    return sentence[:1].upper() + sentence[1:]


def counter_sentence(proof: CounterProof | None, phrase: Phrase, language: Language) -> str:
    """Return what the computers at the counter reach."""
    if proof is None:
        return Text("schema.commissioning.counter.untested").read(language)
    if not proof.services:
        return Text("schema.commissioning.counter.unmeasured").read(language)
    if not proof.is_alive:
        return Text("schema.commissioning.counter.dead").read(language)
    opened, services = proof.open_services, proof.services
    if proof.link:
        over = Text(
            "schema.commissioning.counter.alive_over",
            open=opened,
            services=services,
            link=phrase(proof.link),
        )
        return over.read(language)
    alive = Text("schema.commissioning.counter.alive", open=opened, services=services)
    return alive.read(language)


def outcome_sentence(run: CommissioningRun, language: Language) -> str:
    """Return how a run ended."""
    if run.is_abandoned:
        return _ABANDONED.read(language)
    return (_COMPLETE if run.is_complete else _INCOMPLETE).read(language)
