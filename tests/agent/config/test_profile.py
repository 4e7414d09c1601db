"""What a configuration stands for."""

from thongsuot_agent.config.model import AgentConfig, PushConfig, SiteIdentity
from thongsuot_agent.config.profile import PROBES, probes_of
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


def test_without_probes_the_default_profile_is_measured() -> None:
    assert probes_of(config()) == PROBES


def test_a_radio_is_compared_with_the_networks_of_its_links_carrier() -> None:
    schedules = probes_of(config(RADIO))
    assert [(schedule.links, schedule.settings["plmn"]) for schedule in schedules] == [
        (("one",), ["45204"]),
        (("two",), ["45202"]),
    ]


def test_networks_that_a_schedule_names_stay() -> None:
    named = ProbeSchedule(kind="radio", every_s=30.0, settings={"plmn": ["45201"]})
    assert probes_of(config(named)) == (named,)
