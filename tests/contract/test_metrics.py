"""A metric's name tells its kind and its unit, and it is written in one place: the catalogue."""

import ast
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract.house import ROOT, Module, modules, plant
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.metric import PREFIX, Metric, MetricType, ProbeKind, Unit

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")
ENDINGS = tuple(unit.ending for unit in Unit if unit.ending)
_SELF_MADE = re.compile(rf"{PREFIX}(?:agent|collector)_[a-z0-9_]+")
"""What agent and collector say about themselves; named next to the code that counts it."""


def kinds() -> Iterator[ProbeKind]:
    """Yield every kind of the catalogue."""
    return map(catalogue.load, catalogue.kinds())


def faults(kind: ProbeKind, metric: Metric) -> list[str]:
    """Return what is wrong with a metric of a kind; empty when it keeps the law."""
    ending = metric.unit.ending + ("_total" if metric.type is MetricType.COUNTER else "")
    low, high = metric.minimum, metric.maximum
    checks = {
        "name is not lower case in words": _NAME.fullmatch(metric.name),
        "name does not start with its kind": metric.name.startswith(f"{kind.name}_"),
        "name does not end in its unit": metric.name.endswith(ending),
        "name says nothing but kind and unit": metric.name != kind.name + ending,
        "_total is for counters": metric.name.endswith("_total")
        == (metric.type is MetricType.COUNTER),
        "resolution is no step": metric.resolution > 0 and math.isfinite(metric.resolution),
        "bounds are the wrong way round": low is None or high is None or low < high,
        "a ratio is 0 to 1": metric.unit is not Unit.RATIO or (low, high) == (0.0, 1.0),
        "a ratio has values between 0 and 1": metric.unit is not Unit.RATIO
        or metric.resolution < 1.0,
        "a boolean is 0 or 1": metric.unit is not Unit.BOOLEAN
        or (low, high, metric.resolution) == (0.0, 1.0, 1.0),
        "a boolean has no unit": metric.unit is not Unit.BOOLEAN
        or not metric.name.endswith(ENDINGS),
        "a counter starts at 0": metric.type is not MetricType.COUNTER or low == 0.0,
        "help is missing in a language": bool(metric.help_en and metric.help_vi),
        "help is the same in both languages": metric.help_en != metric.help_vi,
    }
    return [fault for fault, holds in checks.items() if not holds]


def names_of(kind: ProbeKind) -> set[str]:
    """Return every name under which databases know something of a kind."""
    own = {metric.full_name for metric in kind.metrics}
    return own | {kind.success_name, kind.unmeasured_name}


def mentioned(folder: Path) -> set[str]:
    """Return the metric names that boards and rules below a folder use."""
    texts = (path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file())
    return {name for text in texts for name in re.findall(rf"\b{PREFIX}[a-z0-9_]+", text)}


def literals(module: Module) -> set[str]:
    """Return the texts that stand in a module's code, docstrings left out by being longer."""
    return {
        node.value
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_agent_and_collector_name_a_metric_by_the_catalogues_constant() -> None:
    known = {name for kind in kinds() for name in names_of(kind)}
    known |= {metric.name for kind in kinds() for metric in kind.metrics}
    spelled = {
        f"{module.name}: {name}"
        for module in modules(ROOT, ("agent", "collector"))
        for name in literals(module) & known
    }
    assert spelled == set()


def test_a_metric_that_is_spelled_is_found(tmp_path: Path) -> None:
    plant(tmp_path, "agent/src/thongsuot_agent/x.py", 'LOSS = "icmp_loss_ratio"\n')
    (module,) = modules(tmp_path, ("agent",))
    assert literals(module) & {metric.name for metric in icmp.KIND.metrics} == {"icmp_loss_ratio"}


def test_each_metric_is_named_by_kind_and_unit() -> None:
    wrong = {
        metric.name: complaints
        for kind in kinds()
        for metric in kind.metrics
        if (complaints := faults(kind, metric))
    }
    assert wrong == {}


def test_no_two_metrics_share_a_name() -> None:
    names = [metric.name for kind in kinds() for metric in kind.metrics]
    assert len(names) == len(set(names))


def test_boards_and_rules_use_no_name_that_the_catalogue_does_not_have() -> None:
    known = {name for kind in kinds() for name in names_of(kind)}
    used = mentioned(ROOT / "dashboards" / "out")
    assert used, "no board or rule mentions a metric: is out/ still where this test looks?"
    assert {name for name in used - known if not _SELF_MADE.fullmatch(name)} == set()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": "icmp_rtt_milliseconds"}, "name does not end in its unit"),
        ({"name": "ping_rtt_seconds"}, "name does not start with its kind"),
        ({"name": "icmp_seconds"}, "name says nothing but kind and unit"),
        ({"name": "icmp_RTT_seconds"}, "name is not lower case in words"),
        ({"resolution": 0.0}, "resolution is no step"),
        (
            {"unit": Unit.RATIO, "maximum": 1.0, "resolution": 1.0},
            "a ratio has values between 0 and 1",
        ),
        ({"unit": Unit.BOOLEAN}, "a boolean is 0 or 1"),
        ({"unit": Unit.BOOLEAN}, "a boolean has no unit"),
        ({"help_vi": ""}, "help is missing in a language"),
    ],
)
def test_a_metric_that_breaks_the_law_is_found(change: dict[str, object], fault: str) -> None:
    metric = next(metric for metric in icmp.KIND.metrics if metric.unit is Unit.SECONDS)
    assert faults(icmp.KIND, metric) == []
    assert fault in faults(icmp.KIND, replace(metric, **change))  # type: ignore[arg-type]


def test_a_board_with_an_unknown_name_is_found(tmp_path: Path) -> None:
    (tmp_path / "board.json").write_text('{"expr": "rate(thongsuot_icmp_lost_total[5m]) > 0"}')
    assert mentioned(tmp_path) == {"thongsuot_icmp_lost_total"}
