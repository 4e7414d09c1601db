"""How a run of the matrix ends: with everything acknowledged, or known not to be."""

from pathlib import Path

import pytest

from thongsuot_lab.matrix.reconciliation import end_agent
from thongsuot_lab.stack.process import Process, StackError, spawn_here

AGENT = """
trap 'echo "INFO stopped waiting_batches={left}"; exit' TERM
echo "INFO stopped waiting_batches=7"
echo ready
while :; do sleep 0.05; done
"""
"""The end of an earlier run is in its log."""


def started(folder: Path, script: str) -> Process:
    agent = Process.start("agent-s1", ["sh", "-c", script], folder, spawn_here)
    agent.wait_until(lambda: "ready" in agent.log.read_text(), within_s=60.0)
    return agent


@pytest.mark.parametrize(("left", "is_done"), [(0, True), (3, False)])
def test_an_agent_that_ends_says_whether_all_it_made_was_acknowledged(
    tmp_path: Path, left: int, is_done: bool
) -> None:
    assert end_agent(started(tmp_path, AGENT.replace("{left}", str(left)))) is is_done


def test_an_agent_that_was_killed_did_not_end_by_itself(tmp_path: Path) -> None:
    agent = started(tmp_path, AGENT.replace("{left}", "0"))
    agent.kill()
    with pytest.raises(StackError, match="agent-s1 does not say how many batches it left"):
        end_agent(agent)
