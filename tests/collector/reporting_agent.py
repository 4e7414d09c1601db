"""An agent that reports how its links are, as small as can be."""

import asyncio
import time
from collections.abc import Mapping, Sequence

import httpx

from tests.collector.batches import STREAM, BatchSealer, S, icmp_result
from tests.collector.running import Pusher
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom, Verdict, VerdictChange

BOOTED_NS = 9_000 * S
"""The device's boottime when the test begins."""


class ReportingAgent:
    """
    Pushes what a judge would decide: links that are up, and lines that are silent.

    Args:
        evidence: what stands behind each fault.
        decided_after_ns: how long a fault had lasted when it was decided.
    """

    def __init__(
        self,
        site: str,
        secret: str,
        *,
        stream: str = STREAM,
        evidence: Sequence[Evidence] = (),
        decided_after_ns: int = 0,
    ) -> None:
        self.secret = secret
        self.sealer = BatchSealer(site, stream=stream, epoch_ns=time.time_ns() - BOOTED_NS)
        self._evidence = tuple(evidence)
        self._decided_after_ns = decided_after_ns
        self._states: dict[str, State] = {}

    async def report(self, client: httpx.AsyncClient, links: Mapping[str, State]) -> httpx.Response:
        """Push how links are now; the first batch also says that the agent started."""
        now_ns = time.time_ns() - self.sealer.epoch_ns
        is_first = not self._states
        changes = [self._change(now_ns, link, state) for link, state in links.items()]
        started = Notice(code=NoticeCode.STARTED, boottime_ns=now_ns - 2 * S)
        batch = self.sealer.batch(
            now_ns,
            [icmp_result(now_ns - S, link=next(iter(links)))],
            changes=changes,
            notices=[started] if is_first else [],
        )
        pusher = Pusher(client, self.sealer, self.secret)
        while True:
            pushed = await pusher.batch(batch, boottime_ns=now_ns)
            if pushed.status_code != 503:
                assert pushed.status_code == 200, pushed.text
                return pushed
            # The collector asks to come again: it was paused for longer than a commit may take.
            await asyncio.sleep(0.1)

    def _change(self, now_ns: int, link: str, state: State) -> VerdictChange:
        before = self._states.get(link, State.UNKNOWN)
        self._states[link] = state
        is_up = state is State.UP
        return VerdictChange(
            verdict=Verdict(
                link=link,
                service="",
                state=state,
                segment=None if is_up else Segment.ACCESS,
                symptom=Symptom.NONE if is_up else Symptom.ACCESS_SILENT,
                evidence=() if is_up else self._evidence,
            ),
            before=before,
            onset_boottime_ns=now_ns if is_up else now_ns - self._decided_after_ns,
            decided_boottime_ns=now_ns,
        )
