"""A kind of measurement is a catalogue entry, a folder and its test. The sets are equal."""

import ast
from pathlib import Path

import pytest

from tests.contract.house import ROOT, plant
from thongsuot_agent.probes import loader
from thongsuot_schema import catalogue

MADE_BY_THE_JUDGE = {"verdict"}
"""Kinds whose numbers no probe measures."""

HEADS = ("Measures", "Failed", "Unmeasured", "Source", "Cost")


def kinds_with_a_test(root: Path) -> set[str]:
    """Return the kinds of which there is a test of the probe."""
    folder = root / "tests" / "agent" / "probes"
    return {path.parent.name for path in folder.glob("*/test_probe.py")}


def heads_missing(module: Path) -> list[str]:
    """Return the heads that the docstring of a probe's module lacks, in their order."""
    text = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    present = {line.split()[0] for line in text.splitlines() if line and not line[0].isspace()}
    return [head for head in HEADS if head not in present]


def test_each_kind_has_its_catalogue_entry_its_probe_and_its_test() -> None:
    measured = set(catalogue.kinds()) - MADE_BY_THE_JUDGE
    assert set(loader.kinds()) == measured
    assert measured - kinds_with_a_test(ROOT) == set()


def test_each_kind_is_named_as_its_module() -> None:
    for name in catalogue.kinds():
        assert catalogue.load(name).name == name


def test_each_probe_says_what_it_measures_and_what_it_costs() -> None:
    folder = ROOT / "agent" / "src" / "thongsuot_agent" / "probes"
    lacking = {kind: heads_missing(folder / kind / "probe.py") for kind in loader.kinds()}
    assert {kind: heads for kind, heads in lacking.items() if heads} == {}


def test_each_probe_has_defaults_for_all_its_settings() -> None:
    for kind in loader.kinds():
        settings = loader.load(kind).settings
        assert settings() == settings()
        with pytest.raises(TypeError):
            settings("positional")


def test_a_probe_without_a_test_or_a_head_is_found(tmp_path: Path) -> None:
    plant(tmp_path, "tests/agent/probes/icmp/test_probe.py", "")
    assert kinds_with_a_test(tmp_path) == {"icmp"}
    docstring = '"""\nTime.\n\nMeasures  a\nFailed    b\nSource    c\n    Cost d\n"""\n'
    assert heads_missing(plant(tmp_path, "tcp.py", docstring)) == ["Unmeasured", "Cost"]
