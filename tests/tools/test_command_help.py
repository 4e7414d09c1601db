"""Man page and completions: what a shell and ``man`` make of them."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

DAY = "2026-11-30"
FIRST_WORDS = {
    "agent": "thongsuot\\-agent \\- measures the uplinks of a service point",
    "collector": "thongsuot\\-collector \\- receives what agents measured",
}
COMPLETIONS = {
    "agent": {"che": "check-config", "rou": "routes"},
    "collector": {"back": "backup", "dead": "dead-letters"},
}
"""What is typed behind the command, and what a press of the tabulator makes of it."""

_PRESS = """
source "$1"
COMP_WORDS=("$2" "$3")
COMP_CWORD=1
"$(complete -p "$2" | sed -n 's/.*-F \\([^ ]*\\) .*/\\1/p')" "$2" "$3" "$2"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def write(room: str, folder: Path) -> None:
    """Let the tool write what a package has of a room."""
    command = [sys.executable, "-m", "tools.packages.command_help", room, str(folder), DAY]
    subprocess.run(command, check=True)


@pytest.mark.parametrize("room", FIRST_WORDS)
def test_a_man_page_and_completions_come_out_the_same_each_time(room: str, tmp_path: Path) -> None:
    write(room, tmp_path / "first")
    write(room, tmp_path / "second")
    files = sorted(path for path in (tmp_path / "first").rglob("*") if path.is_file())
    program = f"thongsuot-{room}"
    assert [str(file.relative_to(tmp_path / "first")) for file in files] == [
        f"bash-completion/completions/{program}",
        f"man/man1/{program}.1.gz",
        f"zsh/vendor-completions/_{program}",
    ]
    for file in files:
        twin = tmp_path / "second" / file.relative_to(tmp_path / "first")
        assert file.read_bytes() == twin.read_bytes()
    page = gzip.decompress(files[1].read_bytes()).decode()
    assert FIRST_WORDS[room] in page
    assert DAY.replace("-", "\\-") in page.splitlines()[0]
    completions = files[0]
    for typed, whole in COMPLETIONS[room].items():
        pressed = ["bash", "-c", _PRESS, "bash", str(completions), program, typed]
        done = subprocess.run(pressed, check=True, capture_output=True, text=True)
        assert done.stdout.split() == [whole], done.stderr
