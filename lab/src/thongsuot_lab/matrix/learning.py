"""
Whether agents know what is usual: before that nothing slow can be told from what always was.

A trial that begins earlier tests an agent that has just been installed.
"""

import time
from collections import Counter

from thongsuot_agent.judge.settings import Settings
from thongsuot_lab.matrix.site_reconciliation import SiteReconciliation
from thongsuot_lab.stack.city import CityStack
from thongsuot_lab.stack.process import StackError
from thongsuot_schema.catalogue import icmp

LEARNED_WITHIN_S = 300.0
_POLL_EVERY_S = 1.0


def has_learned(stack: CityStack, site: str) -> bool:
    """
    Return whether the agent of a site has echoed every anchor as often as it learns from.

    By its log, so only of agents that log each run.
    """
    log = SiteReconciliation()
    log.read_log(stack.agent(site).log)
    echoes = Counter(run[:-1] for run in log.logged_runs if run[0] == icmp.KIND.name)
    links = {link for _, link, _, _ in echoes}
    all_links = {uplink.name for uplink in stack.lab.topology.site(site).uplinks}
    return links == all_links and min(echoes.values()) > Settings().learn_runs


def wait_until_learned(stack: CityStack, *, patience: float) -> None:
    """
    Let every agent learn what is usual.

    Raises:
        StackError: one did not in time, or a part of the stack ended unasked.
    """
    deadline_s = time.monotonic() + LEARNED_WITHIN_S * patience
    learning = list(stack.sites)
    while learning := [site for site in learning if not has_learned(stack, site)]:
        if time.monotonic() > deadline_s:
            raise StackError(f"agents have not learned what is usual: {', '.join(learning)}")
        stack.check()
        time.sleep(_POLL_EVERY_S)
