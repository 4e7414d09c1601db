"""Mistakes in a settings file are reported with file and line; valid files are read completely."""

import re
from pathlib import Path

import pytest

from thongsuot_agent.config.allowance import monthly_usage, refusal_text
from thongsuot_agent.config.profile import PROBES, TARGETS, probes_of, targets_of
from thongsuot_agent.config.read import parse, read
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Link, ProbeSchedule, Role, Target
from thongsuot_schema.segment import Segment

GOLDEN = Path(__file__).parents[2] / "golden" / "config"
INVALID = sorted(GOLDEN.glob("invalid-*.toml"))

_EXPECTS = re.compile(r"# expects (?P<line>\d+): (?P<sentence>.+)")

LEAST = """
[site]
name = "ba-dinh"
[collector]
url = "https://collector.example"
token_file = "token"
"""


@pytest.mark.parametrize("path", INVALID, ids=[path.stem for path in INVALID])
def test_a_mistake_is_refused_with_its_line_and_sentence(path: Path) -> None:
    expected, *more = path.read_text(encoding="utf-8").splitlines()
    match = _EXPECTS.fullmatch(expected)
    assert match is not None, "the first line says what is expected"
    with pytest.raises(ConfigInvalid) as refused:
        read(path)
    (mistake,) = refused.value.mistakes
    first, *arithmetic = mistake.message.splitlines()
    assert (mistake.line, first) == (int(match["line"]), match["sentence"])
    assert str(refused.value).startswith(f"{path}:{mistake.line}: " if mistake.line else str(path))
    # Lines of arithmetic are quoted in the comments below the first, as far as they begin.
    quoted = [line.removeprefix("# ") for line in more if line.startswith("#   ")]
    for quote, line in zip(quoted, arithmetic, strict=False):
        assert line.startswith(quote.rstrip())
    assert bool(quoted) == bool(arithmetic)


def test_there_are_golden_mistakes() -> None:
    assert len(INVALID) > 20


def test_the_least_configuration_measures_the_default_profile_on_the_default_targets() -> None:
    config = parse(LEAST, file="agent.toml")
    assert probes_of(config) == PROBES
    *own, collector = targets_of(config)
    assert tuple(own) == TARGETS
    assert (collector.name, collector.url) == ("collector", config.collector.url)
    assert config.links == ()
    assert config.collector.push_every_s == 15


def test_settings_in_the_file_override_the_defaults() -> None:
    config = parse(
        LEAST
        + """
        [[links]]
        name = "fiber"
        interface = "eth0"
        medium = "fiber"
        [[probes]]
        kind = "icmp"
        every_s = 2.5
        settings = { timeout_s = 0.5 }
        [judge]
        quorum = 3
        """,
        file="agent.toml",
    )
    assert config.links[0].medium is Medium.FIBER
    assert probes_of(config)[0].settings == {"timeout_s": 0.5}
    assert config.judge.quorum == 3


def test_every_mistake_of_a_file_is_reported_at_once() -> None:
    wrong = LEAST.replace("https://collector", "collector") + '[page]\nlisten = "80"\n'
    with pytest.raises(ConfigInvalid) as refused:
        parse(wrong, file="agent.toml")
    assert [mistake.line for mistake in refused.value.mistakes] == [5, 8]


def test_a_file_that_cannot_be_read_is_a_mistake_like_any_other(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"absent\.toml: there is no such file"):
        read(tmp_path / "absent.toml")


def test_pushes_count_against_the_allowance_only_where_no_other_link_can_take_them() -> None:
    metered = '[[links]]\nname = "mobile"\ninterface = "wwan0"\nallowance_bytes = 300_000_000\n'
    other = '[[links]]\nname = "fiber"\ninterface = "eth0"\n'
    parse(LEAST + metered + other, file="agent.toml")
    with pytest.raises(ConfigInvalid, match="push: 1 series x 178560 runs"):
        parse(LEAST + metered, file="agent.toml")


def test_a_speed_test_that_does_not_fit_the_allowance_is_refused_with_the_arithmetic() -> None:
    metered = '[[links]]\nname = "mobile"\ninterface = "wwan0"\nallowance_bytes = 3_000_000_000\n'
    other = '[[links]]\nname = "fiber"\ninterface = "eth0"\n'
    schedule = """
        [[probes]]
        kind = "throughput"
        every_s = 86400
        settings = { url = "https://collector.example:8481", max_bytes = 100_000_000 }
        """
    arithmetic = r"throughput: 1 series x 31 runs x 220000000 bytes = 6820.0 MB"
    with pytest.raises(ConfigInvalid, match=arithmetic):
        parse(LEAST + metered + other + schedule, file="agent.toml")
    only_fixed = schedule.replace("every_s", 'links = ["fiber"]\n        every_s')
    parse(LEAST + metered + other + only_fixed, file="agent.toml")


@pytest.mark.parametrize(("families", "most_bytes"), [(1, 300_000_000), (2, 340_000_000)])
def test_the_default_profile_of_a_metered_link_stays_below_what_the_page_says(
    families: int, most_bytes: int
) -> None:
    """With two services, two anchors in transit and test packets every hour; no speed tests."""
    link = Link(
        name="mobile", interface="wwan0", medium=Medium.RADIO_5G, allowance_bytes=most_bytes
    )
    anchors = tuple(
        Target(
            name=name,
            role=Role.ANCHOR,
            segment=Segment.TRANSIT,
            addresses=(f"203.0.113.{place}", f"2001:db8::{place}")[:families],
        )
        for place, name in enumerate(("near", "far"), start=1)
    )
    services = tuple(
        Target(name=name, role=Role.SERVICE, segment=Segment.SERVICE, url=f"https://{name}.example")
        for name in ("portal", "city")
    )
    stamp = ProbeSchedule(kind="stamp", every_s=60.0, metered_every_s=3600.0, targets=("near",))
    items = monthly_usage(
        link, (*PROBES, stamp), (*TARGETS, *anchors, *services), push_every_s=None
    )
    kinds = {item.label.split()[0] for item in items}
    assert kinds == {"icmp", "dns", "http", "path", "stamp", "fresh_echo"}
    assert refusal_text(link, items) == ""
    assert sum(item.total_bytes for item in items) > most_bytes * 0.95
