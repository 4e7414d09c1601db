"""The gate of benches: a ratio that has become worse fails, and noise does not."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tools.bench_gate import (
    RATIOS,
    Ratio,
    format_ratios,
    print_ratio,
    ratios_in,
    read_ratios,
    updated,
    worse,
)

from tests.contract.house import ROOT, plant


def test_the_output_of_a_bench_is_read_among_other_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_ratio("ingest.of_prometheus", 0.5128)
    printed = capsys.readouterr().out
    among = f"ratio is what matters 3\n  0.5 CPU s\n{printed}ratio ingest.x fast\n"
    assert ratios_in(among) == {"ingest.of_prometheus": 0.513}


def test_a_ratio_may_differ_only_by_its_noise() -> None:
    known = {"ingest.a": Ratio(value=0.5, noise=0.2), "other.b": Ratio(value=1.0)}
    assert list(worse("ingest", known, {"ingest.a": 0.6})) == []
    assert list(worse("ingest", known, {"ingest.a": 0.1})) == []
    assert list(worse("ingest", known, {"ingest.a": 0.61})) == [
        "ingest.a is 0.610; it was 0.500, at most 0.600"
    ]
    assert list(worse("ingest", known, {"ingest.new": 3.0})) == ["ingest.a was not measured"]


def test_written_values_are_read_back_and_keep_their_noise() -> None:
    known = {"ingest.a": Ratio(value=0.5, noise=0.1), "other.b": Ratio(value=1.0)}
    after = updated(known, {"ingest.a": 0.4, "ingest.new": 2.0})
    assert after["ingest.a"] == Ratio(value=0.4, noise=0.1)
    assert read_ratios(format_ratios(after)) == after


def test_the_committed_ratios_are_of_benches_that_are_there() -> None:
    text = (ROOT / RATIOS).read_text("utf-8")
    known = read_ratios(text)
    assert known
    assert format_ratios(known) == text
    for name in known:
        assert (ROOT / "bench" / f"{name.partition('.')[0]}.py").is_file()


@pytest.mark.parametrize(("value", "code"), [(0.55, 0), (0.9, 1)])
def test_a_run_fails_where_a_ratio_is_worse(tmp_path: Path, value: float, code: int) -> None:
    plant(tmp_path, "bench/__init__.py", "")
    plant(tmp_path, "bench/small.py", f'print("ratio small.a {value}")\n')
    plant(tmp_path, "bench/ratios.toml", '["small.a"]\nvalue = 0.5\nnoise = 0.2\n')
    script = f"import sys; sys.path.insert(1, {str(ROOT)!r})\nfrom tools.bench_gate import main\n"
    script += 'sys.argv[1:] = ["small"]\nsys.exit(main())\n'
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == code, ended.stderr
    assert ("at most 0.600" in ended.stderr) is bool(code)


def test_every_ratio_that_a_bench_prints_is_held_against_a_value() -> None:
    printed: set[str] = set()
    for path in (ROOT / "bench").rglob("*.py"):
        calls = path.read_text("utf-8").split("print_ratio(")[1:]
        # A name is written out, or made from one of the names in the file.
        names = [call.lstrip().removeprefix("f").split('"')[1] for call in calls]
        printed.update(names)
    known = read_ratios((ROOT / RATIOS).read_text("utf-8"))
    patterns = [re.sub(r"\\\{[^}]*\\\}", "[a-z_]+", re.escape(name)) for name in printed]
    assert printed
    for pattern in patterns:
        assert any(re.fullmatch(pattern, name) for name in known), f"{pattern} is held by nothing"
