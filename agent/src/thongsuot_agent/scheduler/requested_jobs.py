"""Selects the jobs of a requested test, or refuses it. Pure."""

from collections.abc import Iterable

from thongsuot_agent.scheduler.data_budget import COSTLY_RUN_BYTES, DataBudget
from thongsuot_agent.scheduler.job import Job
from thongsuot_schema.batch.push import REQUESTABLE_KINDS, TestRefusal, TestRequest

MAX_SERIES = 32
"""
Series of one test: every portal over two links in both families. More would add no information, and
delay the regular runs.
"""


LocalRequest = tuple[str, str]
"""A kind and a link; an empty link: all scheduled ones."""


class JobsRefused(Exception):
    """A test is not run; the text is a ``TestRefusal`` and details, for the requester."""

    def __init__(self, why: TestRefusal, details: str) -> None:
        super().__init__(f"{why} {details}")


def jobs_for_request(
    request: TestRequest, jobs: Iterable[Job], data_budget: DataBudget
) -> tuple[Job, ...]:
    """
    Return the scheduled jobs of a test.

    Raises:
        JobsRefused: nothing of the kind is scheduled, or too much, or the budget is not enough.
    """
    if request.kind not in REQUESTABLE_KINDS:
        raise JobsRefused(
            TestRefusal.KIND, f"{request.kind!r}; possible: {', '.join(REQUESTABLE_KINDS)}"
        )
    of_kind = [job for job in jobs if job.series.kind == request.kind]
    if not of_kind:
        raise JobsRefused(TestRefusal.NOT_CONFIGURED, f"no {request.kind}")
    over = [job for job in of_kind if request.link in {"", job.series.link}]
    if not over:
        raise JobsRefused(
            TestRefusal.NOT_CONFIGURED, f"no {request.kind} over link {request.link!r}"
        )
    chosen = tuple(job for job in over if request.target in {"", job.series.target})
    if not chosen:
        raise JobsRefused(
            TestRefusal.NOT_CONFIGURED, f"no {request.kind} to {request.target!r} there"
        )
    if len(chosen) > MAX_SERIES:
        raise JobsRefused(TestRefusal.TOO_MANY_RUNS, f"{len(chosen)} runs, at most {MAX_SERIES}")
    for link in sorted({job.series.link for job in chosen}):
        cost_bytes = sum(job.cost_bytes for job in chosen if job.series.link == link)
        left_bytes = data_budget.left_bytes(link)
        if left_bytes is not None and cost_bytes > left_bytes:
            raise JobsRefused(
                TestRefusal.BUDGET,
                f"{link}: {left_bytes / 1e6:.1f} MB left, takes {cost_bytes / 1e6:.1f} MB",
            )
    return chosen


def local_requests(jobs: Iterable[Job], data_budget: DataBudget) -> tuple[LocalRequest, ...]:
    """
    Return the tests that an anonymous person at the point may request: every requestable kind,
    except those that fill a metered link, and those over one on which such tests have used their
    share of the day. Kinds that fill a link come last.
    """
    links: dict[str, dict[str, int]] = {}
    costly: set[str] = set()
    partial: set[str] = set()
    for job in jobs:
        kind, link = job.series.kind, job.series.link
        if kind not in REQUESTABLE_KINDS:
            continue
        if data_budget.is_local_spent(link):
            partial.add(kind)
            continue
        if job.cost_bytes >= COSTLY_RUN_BYTES:
            if data_budget.left_bytes(link) is not None:
                continue
            costly.add(kind)
        of_kind = links.setdefault(kind, {})
        of_kind[link] = of_kind.get(link, 0) + 1
    requests: list[LocalRequest] = []
    for kind in sorted(links, key=lambda name: (name in costly, name)):
        # Each link separately if one test would be too large, or would include excluded links.
        if kind in costly | partial or sum(links[kind].values()) > MAX_SERIES:
            requests += [(kind, link) for link in sorted(links[kind])]
        else:
            requests.append((kind, ""))
    return tuple(requests)
