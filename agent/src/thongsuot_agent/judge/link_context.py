"""Link context: one link with everything that is needed to judge it."""

from functools import lru_cache

import msgspec

from thongsuot_agent.judge.memory import LinkMemory, Memory
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import LinkProbes

NS_PER_S = 1_000_000_000


class LinkContext(msgspec.Struct, frozen=True, gc=False):
    """
    The inputs of a judgement on a link: the memory, the link, its probes, the thresholds.
    """

    memory: Memory
    link: LinkMemory
    probes: LinkProbes
    settings: Settings

    @property
    def now_ns(self) -> int:
        """The current time."""
        return self.memory.now_ns


@lru_cache(maxsize=256)
def ns(seconds: float) -> int:
    """
    Return a duration in nanoseconds; cached for the same few settings, hundreds of times a second.
    """
    return round(seconds * NS_PER_S)
