"""The rules, by Prometheus' own tool: sound, and firing at their minute with their text."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.contract.house import ROOT
from tests.dashboards.platform_alerts import ALERTS
from tests.servers import need
from thongsuot_dashboards import recording_rules

pytestmark = pytest.mark.servers

OUT = ROOT / "dashboards" / "out" / "rules"
FILES = sorted((Path(__file__).parent / "rules").glob("*.yml"))


def promtool(*arguments: str | Path) -> str:
    need("promtool")
    done = subprocess.run(
        ["promtool", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("file", sorted(OUT.glob("*.yml")), ids=lambda file: file.name)
def test_prometheus_takes_the_file(file: Path) -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", file)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_rule_does_what_it_should_at_its_minute(file: Path) -> None:
    promtool("test", "rules", file)


def test_every_alert_is_tested_silent_and_firing_and_every_recorded_series_asked_for() -> None:
    text = "\n".join(file.read_text("utf-8") for file in FILES)
    firing = set(re.findall(r"alertname: (\w+)\n\s+exp_alerts:(?: &\w+)?\n", text))
    silent = set(re.findall(r"alertname: (\w+), exp_alerts: \[\]", text))
    named = {alert.name for alert in ALERTS}
    assert firing == named
    assert silent == named - {"ThongsuotDeadManSwitch"}, "what always fires is never silent"
    assert {name for name in recording_rules.NAMES if name not in text} == set()


def test_alerts_are_for_the_city_and_have_a_severity_of_the_list() -> None:
    assert {alert.severity for alert in ALERTS} <= {"critical", "warning", "none"}
    assert len({alert.name for alert in ALERTS}) == len(ALERTS)
    for alert in ALERTS:
        assert alert.name.startswith("Thongsuot")
        assert alert.summary_vi != alert.summary_en
