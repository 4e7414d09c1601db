"""One run of a commissioning: its progress, its proofs, and the code that begins it."""

from enum import StrEnum
from typing import Final

import msgspec

CODE_DIGITS: Final = 6
TEXT_LIMIT: Final = 64
"""Length of the text that a person reads from a label."""

PULL_LIMIT_S: Final = 900
"""So long at most a pulled cable is planned work: what stays out longer is a fault."""

SETTLE_S: Final = 60
"""Time after all lines answer again in which verdicts about a pulled cable may still arrive."""


class CommissioningStep(StrEnum):
    """The stage of a run: what the person, or the device, has to do next."""

    READY = "ready"
    """The person is to begin with a link."""
    PULL = "pull"
    """The cable of the link is to be pulled; the device watches."""
    RETURN = "return"
    """It is to be plugged in again."""
    CIRCUIT = "circuit"
    """The circuit id on the label is to be compared."""
    COUNTER = "counter"
    """All links are done; the counter's computers are to be tested, or the run ended."""
    MEASURING = "measuring"
    """Pages are being opened as a computer at the counter does."""
    DONE = "done"


class AttemptOutcome(StrEnum):
    """Why pulling a cable proved nothing."""

    NOTHING_LOST = "nothing_lost"
    """No link fell in time."""
    OTHER_LOST = "other_lost"
    """Another link fell instead: the labels, or the cables, are exchanged."""
    SEVERAL_LOST = "several_lost"
    """More than one link went down: the pulled cable carries both."""
    UNWITNESSED = "unwitnessed"
    """The link fell, but not every other one answered meanwhile."""
    NOT_RETURNED = "not_returned"
    """It did not come back in time."""
    OTHER_LOST_AT_RETURN = "other_lost_at_return"
    """Another link fell while the cable was plugged in again."""
    RETURNED_ELSEWHERE = "returned_elsewhere"
    """It came back to another router or another network than before."""
    INTERRUPTED = "interrupted"
    """The agent was restarted while the cable was out."""


class LinkStage(StrEnum):
    """How far one link is."""

    UNTRIED = "untried"
    PROVEN = "proven"
    SKIPPED = "skipped"
    """The person left it out."""
    SWAPPED = "swapped"
    """The person says that its label belongs to another link; the settings must be changed."""


class LinkProof(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    The proof of one link. Times are Unix seconds.

    ``circuit`` is that of the settings when the run began. ``witnesses`` are the links that
    answered while this one was down; ``address`` is the source address that the collector saw after
    it was back, empty if it was not determined. ``circuit_read`` is the text of the label.
    """

    link: str
    circuit: str = ""
    stage: LinkStage = LinkStage.UNTRIED
    lost_s: float | None = None
    returned_s: float | None = None
    witnesses: tuple[str, ...] = ()
    address: str = ""
    circuit_read: str = ""
    is_circuit_same: bool | None = None
    swapped_with: str = ""


class FailedAttempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An attempt without a proof: the link, the reason, and the links that went down."""

    link: str
    outcome: AttemptOutcome
    lost: tuple[str, ...] = ()
    at_s: float = 0.0


class CounterProof(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    What a computer at the counter reached, of ``services`` portals, and over which link it was
    seen.

    ``services`` 0: none was opened, so that nothing is known.
    """

    at_s: float
    is_alive: bool
    link: str = ""
    open_services: int = 0
    services: int = 0


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The current attempt: CLOCK_BOOTTIME when it was requested, and when the link went down."""

    asked_ns: int
    lost_ns: int | None = None


class CommissioningRun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    One run. ``position`` is the link at hand; ``attempt`` is set while something is awaited.

    ``failures`` are the attempts that proved nothing, oldest first. ``is_unsettled``: cables were
    pulled, and not all links have been seen alive since.
    """

    id: str
    begun_s: float
    links: tuple[LinkProof, ...]
    position: int = 0
    step: CommissioningStep = CommissioningStep.READY
    attempt: Attempt | None = None
    failures: tuple[FailedAttempt, ...] = ()
    is_failure_shown: bool = False
    is_unsettled: bool = False
    counter: CounterProof | None = None
    ended_s: float | None = None
    is_abandoned: bool = False

    @property
    def current(self) -> LinkProof | None:
        """The link at hand, ``None`` once all are done."""
        return self.links[self.position] if self.position < len(self.links) else None

    @property
    def is_complete(self) -> bool:
        """Whether everything is proven: each link, each label, and the counter."""
        return (
            self.ended_s is not None
            and bool(self.links)
            and all(
                proof.stage is LinkStage.PROVEN and proof.is_circuit_same is not False
                for proof in self.links
            )
            and self.counter is not None
            and self.counter.is_alive
        )

    @property
    def proven(self) -> int:
        """How many links are proven."""
        return sum(proof.stage is LinkStage.PROVEN for proof in self.links)


class CommissioningProgress(msgspec.Struct, frozen=True, kw_only=True):
    """
    A run as shown to a reader: ``key`` is empty for one who only watches.

    ``missing`` are the links that have to be alive before a cable is pulled; ``left_s`` is how long
    that may take, ``is_seen``: a link has fallen.
    """

    run: CommissioningRun | None
    key: str = ""
    missing: tuple[str, ...] = ()
    left_s: float = 0.0
    is_seen: bool = False


class CommissioningStart(msgspec.Struct, frozen=True, kw_only=True):
    """
    The result of entering a code: the key of a run that began, or the error (a ``CodeProblem``).
    """

    key: str = ""
    problem: str = ""


def commissioning_code(token_digest: bytes, day: str) -> str:
    """
    Return the code that begins a run of a site on a day (``2026-11-30``).

    Only both sides have the hash of the device's token: the device knows the code without a working
    line, and the collector shows it to those who may see the site.
    """
    # Loaded when somebody enters a code: a device need not spend memory on OpenSSL's hashes.
    import hashlib  # noqa: PLC0415

    key = token_digest[: hashlib.blake2b.MAX_KEY_SIZE]
    seal = hashlib.blake2b(day.encode(), key=key, person=b"commissioning", digest_size=8)
    number = int.from_bytes(seal.digest(), "big") % 10**CODE_DIGITS
    return f"{number:0{CODE_DIGITS}d}"


def with_link(run: CommissioningRun, proof: LinkProof) -> CommissioningRun:
    """Return a run with the proof of a link."""
    known = {known.link: known for known in run.links}
    known[proof.link] = proof
    return msgspec.structs.replace(run, links=tuple(known.values()))


def shown_failure(run: CommissioningRun) -> FailedAttempt | None:
    """Return the attempt that has just failed; ``None`` once something else was done."""
    return run.failures[-1] if run.is_failure_shown and run.failures else None


def swappable(run: CommissioningRun) -> str:
    """
    Return the link whose label may be exchanged with that of the link at hand: the one that has
    just fallen instead, unless it is proven already; empty where there is none.
    """
    failure = shown_failure(run)
    if failure is None or failure.outcome is not AttemptOutcome.OTHER_LOST:
        return ""
    untried = {proof.link for proof in run.links if proof.stage is LinkStage.UNTRIED}
    return next((name for name in failure.lost if name in untried), "")
