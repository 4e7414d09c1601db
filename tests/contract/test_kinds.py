"""A kind of measurement is a catalogue entry, a folder and its test. The sets are equal."""

import ast
from pathlib import Path

import pytest

from tests.contract.house import ROOT, plant
from thongsuot_agent.probes import loader
from thongsuot_schema.catalogue import loader as catalogue

MADE_BY_THE_JUDGE = {"verdict"}
"""Kinds whose numbers no probe measures."""

CONTAINERS = {"dict", "list", "set", "deque", "defaultdict", "OrderedDict", "WeakKeyDictionary"}

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


def remembers(module: Path) -> list[str]:
    """
    Return the names by which a module of a kind keeps something from one run to the next.

    What is remembered belongs to the object that ``begin`` makes and the scheduler keeps. An empty
    container, or an object of a class that stands in the kind's own folder, has no other use here.
    """
    own = {
        node.name
        for path in module.parent.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    }
    names: list[str] = []
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if _is_state(node.value, own):
            names.append(ast.unparse(target))
    return names


def _is_state(value: ast.expr, own: set[str]) -> bool:
    if isinstance(value, ast.Call):
        name = ast.unparse(value.func).rpartition(".")[2]
        return name in own | CONTAINERS
    return (isinstance(value, ast.Dict) and not value.keys) or (
        isinstance(value, ast.List | ast.Set) and not value.elts
    )


def test_no_kind_keeps_state_in_a_module() -> None:
    folder = ROOT / "agent" / "src" / "thongsuot_agent" / "probes"
    state = {path.relative_to(folder).as_posix(): remembers(path) for path in folder.rglob("*.py")}
    assert {name: names for name, names in state.items() if names} == {}


def test_a_kind_that_keeps_state_in_a_module_is_found(tmp_path: Path) -> None:
    text = (
        "class Seen:\n    pass\nPROBE = Probe()\nNAMES = {'a': 1}\n"
        "_a = {}\n_b: dict[str, int] = WeakKeyDictionary()\n_c = Seen()\n"
    )
    assert remembers(plant(tmp_path, "probes/new/probe.py", text)) == ["_a", "_b", "_c"]


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
