"""Which jobs a requested test consists of, and which requests are refused. Pure."""

from collections.abc import Iterable

from thongsuot_agent.scheduler.data_budget import COSTLY_RUN_BYTES, DataBudget
from thongsuot_agent.scheduler.job import Job
from thongsuot_schema.batch.push import REQUESTABLE_KINDS, TestRefusal, TestRequest

MAX_SERIES = 32
"""
Series of one test: every portal over two links in both families. More would say nothing that a
smaller question does not, and hold up the runs that watch.
"""


LocalRequest = tuple[str, str]
"""A kind and a link; the link empty: all that is scheduled."""


class JobsRefused(Exception):
    """A test is not run; the text is a ``TestRefusal`` and details, for the one who asked."""

    def __init__(self, why: TestRefusal, details: str) -> None:
        super().__init__(f"{why} {details}")


def jobs_for_request(
    request: TestRequest, jobs: Iterable[Job], data_budget: DataBudget
) -> tuple[Job, ...]:
    """
    Return the scheduled jobs that a test consists of.

    Raises:
        JobsRefused: nothing of the kind is scheduled, or too much, or it cannot be paid.
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
    Return what somebody at the point may want of the jobs, who gives no name: every kind that can
    be asked for, but nothing that fills a metered link, and nothing over one on which such tests
    have used their share of the day. What fills a link comes last.
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
        # Each link by itself where one test would be too much, or would take links left out.
        if kind in costly | partial or sum(links[kind].values()) > MAX_SERIES:
            requests += [(kind, link) for link in sorted(links[kind])]
        else:
            requests.append((kind, ""))
    return tuple(requests)
