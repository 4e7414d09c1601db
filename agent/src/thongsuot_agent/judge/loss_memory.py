"""Loss memory: the cumulative sums of a link's two tests of loss."""

import msgspec


class QueuedPage(msgspec.Struct, frozen=True):
    """A page that came while the line queued, with how many had failed, or been slow, in a row."""

    at_ns: int
    failures: int
    slow_runs: int


class LossTest(msgspec.Struct, kw_only=True):
    """
    The sequential test of a link's loss.

    ``cusum_up`` and ``cusum_down`` are the two cumulative sums (never below 0); ``ratio`` is the
    recent share of lost echoes, ``raw_ratio`` the same with every echo of a burst counted.
    ``alarm_ns`` is when the sum reached its threshold and a second protocol is awaited;
    ``far_alarm_ns`` is when pages are awaited, because the loss is beyond the carrier. Of
    ``losses``, ``queued_losses`` happened while echoes took longer than usual; ``is_of_queue`` if a
    reported loss is what a queue drops. ``blips_ns`` are the latest times at which two targets lost
    echoes simultaneously; the latest lost echo was to ``lost_target``, at ``lost_ns``.
    ``queued_pages``: by series of pages, the latest that came, or failed, while the line queued.
    """

    cusum_up: float = 0.0
    cusum_down: float = 0.0
    ratio: float = 0.0
    raw_ratio: float = 0.0
    raw_ns: int = 0
    first_ns: int | None = None
    blip_ns: int | None = None
    dead_until_ns: int = 0
    is_dense_probing: bool = False
    alarm_ns: int | None = None
    far_alarm_ns: int | None = None
    credit_s: float = 0.0
    credit_ns: int | None = None
    asked_ns: int = 0
    near_asked_ns: int = 0
    losses: int = 0
    queued_losses: int = 0
    is_of_queue: bool = False
    blips_ns: list[int] = msgspec.field(default_factory=list)
    lost_target: str = ""
    lost_ns: int = 0
    queued_pages: dict[str, QueuedPage] = msgspec.field(default_factory=dict)


class CarriedTest(msgspec.Struct, kw_only=True):
    """
    The sequential test of the loss of lookups and requests (``symptoms/carried_loss``): its two
    sums, when the current one began, the number of its runs with loss and the latest of these, and
    when lookups and pages were last requested. ``acquittal``: the evidence that lookups lose less
    than the echoes of a reported loss.
    """

    cusum_up: float = 0.0
    cusum_down: float = 0.0
    acquittal: float = 0.0
    first_ns: int | None = None
    lossy_runs: int = 0
    lost_ns: int | None = None
    asked_ns: int = 0
    pages_ns: int = 0


class TargetPace(msgspec.Struct, kw_only=True):
    """Echoes to one target, sent and answered, at the slow and at the fast pace."""

    sent: list[int] = msgspec.field(default_factory=lambda: [0, 0])
    answered: list[int] = msgspec.field(default_factory=lambda: [0, 0])


class PaceTest(msgspec.Struct, kw_only=True):
    """
    The test whether echoes are limited in number (``symptoms/echo_limit``).

    ``begun_ns`` is ``None`` while it does not run. ``places`` counts the echoes requested, so that
    all targets have their turn. ``limit_per_s`` was found last; ``is_news`` until it is reported.
    """

    begun_ns: int | None = None
    asked_ns: int = 0
    places: int = 0
    targets: dict[str, TargetPace] = msgspec.field(default_factory=dict)
    limit_per_s: float | None = None
    is_news: bool = False
