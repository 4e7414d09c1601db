"""Memory returned to the system by the resident process is available again when needed."""

import subprocess
import sys

from tests.unmeasured import unmeasured

GIVEN_BACK = """
import resource
from pathlib import Path
from thongsuot_agent import memory
memory.block_imports()
import hashlib, sqlite3, zlib
import pycurl

def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

def work() -> str:
    database = sqlite3.connect(":memory:")
    (square,) = database.execute("SELECT 7 * 7").fetchone()
    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, "file:///proc/self/comm")
    answer = curl.perform_rb()
    curl.close()
    packed = zlib.decompress(zlib.compress(b"packed" * 1000))[:6].decode()
    return f"{square} {len(answer) > 0} {packed} {hashlib.sha256(b'').hexdigest()[:8]}"

before = work()
memory.freeze()
after = work()
held = resident()
memory.give_back()
given_back = held - resident()
print(before, before == after == work(), given_back > 0, given_back)
"""


def test_memory_that_was_given_back_is_taken_again_when_it_is_needed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GIVEN_BACK],
        capture_output=True,
        text=True,
        check=True,
        env=unmeasured(),
    )
    *printed, is_same, is_less, _ = done.stdout.split()
    assert printed == ["49", "True", "packed", "e3b0c442"]
    assert (is_same, is_less) == ("True", "True"), done.stdout
