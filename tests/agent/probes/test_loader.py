import subprocess
import sys

import pytest

from thongsuot_agent.probes.loader import UnknownProbe, kinds, load


def test_an_unknown_kind_is_refused_with_those_that_there_are() -> None:
    assert {"dns", "host", "http", "icmp"} <= set(kinds())
    with pytest.raises(UnknownProbe, match=f"no probe 'icmq'; known: {', '.join(kinds())}"):
        load("icmq")


def test_a_loader_imports_only_what_is_asked_for() -> None:
    """In a process of its own, because this one has imported everything already."""
    code = (
        "import sys; from thongsuot_agent.probes.loader import load; load('icmp'); "
        "heavy = ('pycurl', 'ctypes', 'thongsuot_agent.probes.dns'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
