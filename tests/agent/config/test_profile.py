"""What a configuration measures: the default profile, and the settings that probes get."""

import pytest
from msgspec import structs

from thongsuot_agent.config.model import AgentConfig, PushConfig, SiteIdentity
from thongsuot_agent.config.profile import DEFAULT_PROBES, PROBES, probes_of
from thongsuot_schema.inventory.model import Carrier, Link, ProbeSchedule

RADIO = ProbeSchedule(kind="radio", every_s=30.0, settings={"source": "modemmanager"})


def config(*schedules: ProbeSchedule) -> AgentConfig:
    return AgentConfig(
        site=SiteIdentity(name="ba-dinh"),
        collector=PushConfig(url="https://collector.example", token_file="token"),
        links=(
            Link(name="one", interface="wwan0", carrier="cuu-long"),
            Link(name="two", interface="wwan1", carrier="song-hong"),
        ),
        carriers=(
            Carrier(name="cuu-long", plmn=("45204",)),
            Carrier(name="song-hong", plmn=("45202",)),
        ),
        probes=schedules,
    )


def test_without_configured_probes_the_default_profile_applies() -> None:
    assert probes_of(config()) == PROBES


@pytest.mark.parametrize(
    ("url", "links"),
    [
        ("https://collector.example", ("two",)),
        ("https://127.0.0.1:8480", ()),
        ("https://localhost", ()),
    ],
)
def test_the_collector_is_asked_by_whose_line_packets_leave_where_that_can_be_told(
    url: str, links: tuple[str, ...]
) -> None:
    """The networks of the other link's carrier are unknown, and loopback leaves by no line."""
    own = config()
    known = structs.replace(
        own,
        carriers=(own.carriers[0], Carrier(name="song-hong", networks=("203.0.113.0/24",))),
        collector=structs.replace(own.collector, url=url, ca_file="/etc/ssl/own.pem"),
    )
    asking = [schedule for schedule in probes_of(known) if schedule.kind == "egress"]
    assert [schedule.links for schedule in asking] == ([links] if links else [])
    for schedule in asking:
        assert schedule.targets == ("collector",)
        assert schedule.settings["ca_file"] == "/etc/ssl/own.pem"
    assert len(probes_of(known)) == len(DEFAULT_PROBES if links else PROBES)


def test_a_radio_is_compared_with_the_networks_of_its_links_carrier() -> None:
    schedules = probes_of(config(RADIO))
    assert [(schedule.links, schedule.settings["plmn"]) for schedule in schedules] == [
        (("one",), ["45204"]),
        (("two",), ["45202"]),
    ]


def test_networks_that_a_schedule_names_stay() -> None:
    named = ProbeSchedule(kind="radio", every_s=30.0, settings={"plmn": ["45201"]})
    assert probes_of(config(named)) == (named,)
