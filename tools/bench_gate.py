"""
Runs benches and compares their ratios with the committed ones.

    python -m tools.bench_gate [--write] NAME...

A bench prints ``ratio NAME VALUE`` for quantities that it compares within one run: absolute times
differ between machines and hours, ratios hardly do. ``bench/ratios.toml`` has the reference value
of each, and the share by which it varies from run to run. Lower is better for all of them.
``--write`` replaces the reference values with the measured ones.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

RATIOS = Path("bench/ratios.toml")
USUAL_NOISE = 0.25
"""Between two runs of the same code on a machine that does other things as well."""

_RATIO = re.compile(r"^ratio (\S+) ([0-9.]+)$", re.MULTILINE)
_HEAD = """\
# What benches compare within one run; less is better. `./run bench --gate` fails when one of them
# is worse than its value by more than its noise. After a change that is meant:
# python -m tools.bench_gate --write NAME
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """The reference value of a ratio, and the share by which it varies from run to run."""

    value: float
    noise: float = USUAL_NOISE

    @property
    def limit(self) -> float:
        """The highest value that does not count as worse."""
        return self.value * (1 + self.noise)


def print_ratio(name: str, value: float) -> None:
    """Print a ratio for the gate; ``name`` begins with the name of its bench and a dot."""
    print(f"ratio {name} {value:.3f}", flush=True)


def ratios_in(output: str) -> dict[str, float]:
    """Return the ratios that a bench has printed."""
    return {name: float(value) for name, value in _RATIO.findall(output)}


def read_ratios(text: str) -> dict[str, Ratio]:
    """Return the ratios of a file by their names."""
    return {
        name: Ratio(value=float(ratio["value"]), noise=float(ratio["noise"]))
        for name, ratio in tomllib.loads(text).items()
    }


def format_ratios(ratios: Mapping[str, Ratio]) -> str:
    """Return ratios in the format of the file."""
    parts = [
        f'\n["{name}"]\nvalue = {ratio.value:.3f}\nnoise = {ratio.noise}\n'
        for name, ratio in sorted(ratios.items())
    ]
    return _HEAD + "".join(parts)


def worse(bench: str, known: Mapping[str, Ratio], measured: Mapping[str, float]) -> Iterator[str]:
    """Yield a sentence for each ratio of a bench that is worse than its reference."""
    for name, ratio in known.items():
        if name.partition(".")[0] != bench:
            continue
        value = measured.get(name)
        if value is None:
            yield f"{name} was not measured"
        elif value > ratio.limit:
            yield f"{name} is {value:.3f}; it was {ratio.value:.3f}, at most {ratio.limit:.3f}"


def updated(known: Mapping[str, Ratio], measured: Mapping[str, float]) -> dict[str, Ratio]:
    """Return the ratios with the measured values, keeping the noise of each."""
    fresh = {
        name: replace(known.get(name, Ratio(value=value)), value=value)
        for name, value in measured.items()
    }
    return {**known, **fresh}


def run_bench(name: str) -> tuple[int, dict[str, float]]:
    """Run a bench, show its output, and return its exit code and ratios."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", f"bench.{name}"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    return process.wait(), ratios_in("".join(lines))


def main() -> int:
    """Run and compare; return 1 if something is worse or a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("names", nargs="+", metavar="NAME")
    options = parser.parse_args()
    known = read_ratios(RATIOS.read_text("utf-8"))
    problems: list[str] = []
    for name in options.names:
        print(f"bench {name}", flush=True)
        code, measured = run_bench(name)
        if code:
            problems.append(f"{name} ended with {code}: a goal is missed, or was not measured")
        if options.write:
            known = updated(known, measured)
            RATIOS.write_text(format_ratios(known), "utf-8")
        else:
            problems += worse(name, known, measured)
            for ratio in sorted(measured.keys() - known.keys()):
                print(f"{ratio} is not in {RATIOS} yet: nothing to hold it against")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
