"""A site configuration is accepted or refused as a whole, by the checks of a settings file."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agent.siteconfig.making import anchor, is_taken, offer, own, portal, refusal, site_config
from tests.timing import examples
from thongsuot_agent.config.read import parse
from thongsuot_agent.errors import SiteConfigRefused
from thongsuot_agent.siteconfig import bounds
from thongsuot_agent.siteconfig.validate import validate_offer
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_schema.inventory.model import Role
from thongsuot_schema.segment import Segment
from thongsuot_schema.siteconfig.model import (
    ConfiguredLink,
    ConfiguredProbe,
    ConfiguredTarget,
    SiteConfiguration,
)


def test_instructions_for_the_page_are_a_sentence_or_two_and_no_book() -> None:
    fits = SiteConfiguration(site=own().site.name, backup_instructions="x" * 300)
    validate_offer(offer(1, fits), own())
    cache = SiteConfiguration(site=own().site.name, backup_instructions="x" * 301)
    assert refusal(cache) == ("backup_instructions: longer than 300 characters",)


def test_a_right_site_config_is_taken_and_says_what_is_watched() -> None:
    content = site_config(targets=(portal(), anchor("192.0.2.9", "2001:db8::9")))
    config, together = validate_offer(offer(1, content), own())
    assert config == content
    assert {"dvc", "far", "gateway", "city"} == {target.name for target in together.targets}
    assert together.collector == own().collector


@pytest.mark.parametrize(
    ("text", "content", "where"),
    [
        (
            '[[targets]]\nname = "dvc"\nrole = "service"\nsegment = "service"\nurl = "ftp://x"\n',
            site_config(targets=(portal("dvc", "ftp://x"),)),
            '[[targets]] "dvc" url',
        ),
        (
            '[[targets]]\nname = "far"\nrole = "anchor"\nsegment = "transit"\naddresses = ["x"]\n',
            site_config(targets=(anchor("x"),)),
            '[[targets]] "far" addresses',
        ),
        (
            (
                '[[targets]]\nname = "far"\nrole = "anchor"\nsegment = "transit"\n'
                'addresses = ["192.0.2.9"]\nlinks = ["fibre"]\n'
            ),
            site_config(targets=(anchor("192.0.2.9", links=["fibre"]),)),
            '[[targets]] "far" links',
        ),
        (
            '[[probes]]\nkind = "dns"\nevery_s = 30\ntargets = ["dvc"]\n',
            site_config(probes=(ConfiguredProbe(kind="dns", every_s=30.0, targets=("dvc",)),)),
            '[[probes]] "dns" targets',
        ),
        (
            '[[probes]]\nkind = "path"\nevery_s = 60\nsettings = { count = 0 }\n',
            site_config(
                probes=(ConfiguredProbe(kind="path", every_s=60.0, settings={"count": 0}),)
            ),
            '[[probes]] "path"',
        ),
    ],
)
def test_errors_are_reported_as_in_a_settings_file_with_their_place(
    text: str, content: SiteConfiguration, where: str
) -> None:
    with pytest.raises(ConfigInvalid) as invalid:
        own(text)
    (mistake,) = invalid.value.mistakes
    (problem,) = refusal(content)
    assert problem.startswith(f"{where}")
    assert problem.endswith(f": {mistake.message}")


def test_every_mistake_is_reported_at_once() -> None:
    content = site_config(
        targets=(portal("dvc", "https://localhost/"), anchor("127.0.0.1")),
        links=(ConfiguredLink(name="fibre"),),
    )
    assert len(refusal(content)) == 3


def test_a_site_config_of_another_site_is_refused() -> None:
    assert refusal(site_config(site="tay-ho")) == (
        'site: it is for site "tay-ho"; this device is "ba-dinh"',
    )


def test_a_metered_link_stays_in_its_budget_with_the_arithmetic_shown() -> None:
    probe = ConfiguredProbe(kind="http", every_s=60.0, metered_every_s=60.0)
    problem = "\n".join(refusal(site_config(probes=(probe,))))
    assert "the probes need" in problem
    assert "http to city: 2 series x" in problem


def test_no_site_config_raises_the_allowance_that_the_device_gives() -> None:
    (problem,) = refusal(
        site_config(links=(ConfiguredLink(name="mobile", allowance_bytes=400_000_001),))
    )
    assert problem.startswith('[[links]] "mobile" allowance_bytes: ')
    # Less is a site configuration's right, if what is measured fits.
    assert is_taken(
        site_config(links=(ConfiguredLink(name="mobile", allowance_bytes=399_999_999),))
    )


def test_a_link_without_an_allowance_is_not_filled_either() -> None:
    targets = tuple(portal(f"p{place}") for place in range(60))
    probe = ConfiguredProbe(
        kind="http",
        every_s=15.0,
        links=("fiber",),
        settings={"body_limit_bytes": 16 * 1024 * 1024},
    )
    problem = refusal(site_config(targets=targets, probes=(probe,)))
    assert any('on link "fiber" probes would use' in line for line in problem)


def test_a_citys_portals_and_anchors_by_the_default_profile_are_taken() -> None:
    least = '[site]\nname = "ba-dinh"\n[collector]\nurl = "https://c.example"\ntoken_file = "t"\n'
    config = parse(least + '[[links]]\nname = "fiber"\ninterface = "eth0"\n', file="agent.toml")
    portals = tuple(portal(f"p{place}") for place in range(14))
    anchors = tuple(
        anchor(f"192.0.2.{place}", f"2001:db8::{place}", name=f"a{place}") for place in range(1, 31)
    )
    assert is_taken(site_config(targets=(*portals, *anchors)), config)


def test_the_files_own_speed_tests_do_not_count_against_a_site_config() -> None:
    config = own('[[probes]]\nkind = "throughput"\nevery_s = 600\nlinks = ["fiber"]\n')
    assert is_taken(site_config(targets=(portal(),)), config)


def test_where_links_are_found_a_site_config_may_name_any() -> None:
    least = '[site]\nname = "ba-dinh"\n[collector]\nurl = "https://c.example"\ntoken_file = "t"\n'
    config = parse(least, file="agent.toml")
    content = site_config(
        links=(ConfiguredLink(name="eth0", carrier="vnpt", allowance_bytes=300_000_000),)
    )
    assert is_taken(content, config)
    dear = ConfiguredProbe(kind="http", every_s=60.0, metered_every_s=60.0)
    tight = site_config(
        links=(ConfiguredLink(name="eth0", allowance_bytes=1_000_000),),
        targets=(portal(),),
        probes=(dear,),
    )
    assert not is_taken(tight, config)


TEXTS = st.text(max_size=30) | st.sampled_from(
    ["gateway", "resolver", "127.0.0.1", "https://a.example/", "file:///etc/passwd", "../x", "*"]
)
TARGETS = st.builds(
    ConfiguredTarget,
    name=st.sampled_from(["a", "b", "city", "gateway"]),
    role=st.sampled_from(Role),
    segment=st.sampled_from(Segment),
    addresses=st.lists(TEXTS, max_size=3).map(tuple),
    url=TEXTS,
    links=st.lists(st.sampled_from(["fiber", "mobile", "x"]), max_size=2).map(tuple),
)
PROBES = st.builds(
    ConfiguredProbe,
    kind=st.sampled_from(["icmp", "dns", "http", "path", "throughput", "snmp", "x"]),
    every_s=st.floats(min_value=0.001, max_value=1e9),
    metered_every_s=st.none() | st.floats(min_value=0.001, max_value=1e9),
    targets=st.lists(TEXTS, min_size=1, max_size=2).map(tuple),
    settings=st.dictionaries(
        st.sampled_from(["timeout_s", "count", "ca_file", "url", "x"]),
        st.integers() | TEXTS | st.none() | st.lists(st.integers(), max_size=2),
        max_size=2,
    ),
)
LINKS = st.builds(
    ConfiguredLink,
    name=st.sampled_from(["fiber", "mobile", "x"]),
    allowance_bytes=st.none() | st.integers(),
    resolvers=st.lists(TEXTS, max_size=2).map(tuple),
)


@settings(max_examples=examples(300))
@given(
    targets=st.lists(TARGETS, max_size=4),
    probes=st.lists(PROBES, max_size=3),
    links=st.lists(LINKS, max_size=3),
)
def test_no_accepted_site_config_changes_the_devices_own_settings(
    targets: list[ConfiguredTarget], probes: list[ConfiguredProbe], links: list[ConfiguredLink]
) -> None:
    content = SiteConfiguration(
        site="ba-dinh", targets=tuple(targets), probes=tuple(probes), links=tuple(links)
    )
    try:
        _, together = validate_offer(offer(1, content), own())
    except SiteConfigRefused:
        return
    before = own()
    assert together.collector == before.collector
    assert (together.page, together.spool, together.judge) == (
        before.page,
        before.spool,
        before.judge,
    )
    assert [link.interface for link in together.links] == ["eth0", "wwan0"]
    mobile = together.links[1]
    assert mobile.allowance_bytes is not None
    assert mobile.allowance_bytes <= 400_000_000
    for probe in together.probes:
        assert probe.kind in {*bounds.MIN_INTERVAL_S, *(former.kind for former in before.probes)}
        own_settings = next((p.settings for p in before.probes if p.kind == probe.kind), {})
        strange = probe.settings.keys() - bounds.ALLOWED_SETTINGS.get(probe.kind, frozenset())
        assert {key: probe.settings[key] for key in strange} == {
            key: own_settings[key] for key in strange
        }
    for target in together.targets:
        assert target.role is not Role.EQUIPMENT
