"""What the agent's unit loads is compiled beforehand, without docstrings."""

import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

from tools.packages import debian

UNIT = Path(__file__).parents[3] / "agent/src/thongsuot_agent/data/thongsuot-agent.service"

COMPILED_ANEW = """
import sys

compiled = []


def note(event, arguments):
    if event == "compile" and str(arguments[1]).endswith(".py"):
        compiled.append(arguments[1])


sys.addaudithook(note)
from thongsuot_agent import memory

memory.block_imports()
import thongsuot_agent.cli.run as run

print(run.__doc__, compiled)
"""


def python(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-IOO", "-X", f"pycache_prefix={folder}", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_nothing_is_compiled_again_at_a_start(tmp_path: Path) -> None:
    assert "run.py" in python(tmp_path, "-c", COMPILED_ANEW)
    assert python(tmp_path, "-m", "thongsuot_agent.cli.bytecode") == ""
    assert python(tmp_path, "-c", COMPILED_ANEW) == "None []"


def test_the_unit_runs_with_what_the_package_compiles() -> None:
    unit = RawConfigParser(strict=False)
    unit.read(UNIT, encoding="utf-8")
    python_of_unit, flags, option, prefix, *_ = unit["Service"]["ExecStart"].split()
    assert f"{python_of_unit} {flags} {option} {prefix}" in debian.COMPILED
