"""Whatever stands in a site configuration, it is refused, or the device measures by it."""

from collections.abc import Mapping

import msgspec
import pytest

from tests.agent.damage import damaged_values
from tests.agent.siteconfig.making import own
from thongsuot_agent.config.profile import probes_of, targets_of
from thongsuot_agent.errors import SiteConfigRefused
from thongsuot_agent.judge.site_probes import site_probes_from
from thongsuot_agent.scheduler.data_budget import DataBudget
from thongsuot_agent.scheduler.job import SchedulableLink, jobs_from_schedules
from thongsuot_agent.siteconfig.validate import validate_offer
from thongsuot_schema.result import Family
from thongsuot_schema.siteconfig.model import OfferedConfig

ABSURD: tuple[object, ...] = (
    None,
    -1,
    0,
    2**62,
    10**400,
    -1.5,
    1e-300,
    1e300,
    1.7e308,
    "",
    "*",
    "x\n\x1b[2J",
    [],
    {},
)
CONFIG = {
    "site": "ba-dinh",
    "title": "Điểm Ba Đình",
    "links": [
        {
            "name": "fiber",
            "medium": "fiber",
            "circuit": "FTTH-1",
            "contract_down_bits_per_second": 10**8,
            "resolvers": ["9.9.9.9"],
            "site_networks": ["192.168.0.0/16"],
            "shares": ["mobile"],
        },
        {"name": "mobile", "medium": "5g", "allowance_bytes": 300_000_000},
    ],
    "targets": [
        {
            "name": "dvc",
            "role": "service",
            "segment": "service",
            "url": "https://dvc.example/",
            "expect_status": [200],
            "expect_body": "tthc",
            "expect_addresses": ["1.2.3.4"],
        },
        {
            "name": "far",
            "role": "anchor",
            "segment": "transit",
            "addresses": ["9.9.9.9"],
            "links": ["fiber"],
            "lookup": "a.example",
        },
    ],
    "probes": [
        {
            "kind": "icmp",
            "every_s": 5,
            "metered_every_s": 60,
            "settings": {"count": 3, "spacing_s": 0.2, "timeout_s": 1},
        },
        {"kind": "http", "every_s": 60, "metered_every_s": 7200, "settings": {"timeout_s": 5}},
        {"kind": "counter", "every_s": 60, "settings": {"metered_every_s": 600}},
    ],
    "carriers": [{"name": "vnpt", "title": "VNPT", "plmn": ["45202"], "networks": ["8.8.0.0/16"]}],
}
BOTH = frozenset({Family.IP4, Family.IP6})


def measure_by(config: object) -> int:
    """Do what the agent does with an offered configuration; return the number of its series."""
    content = msgspec.Raw(msgspec.json.encode(config))
    _, together = validate_offer(OfferedConfig(number=1, made_ns=1, content=content), own())
    links = [
        SchedulableLink(
            spec=link,
            families=BOTH,
            resolver_families=BOTH,
            first_hop_families=BOTH,
            edge_families=BOTH,
        )
        for link in together.links
    ]
    jobs = jobs_from_schedules("ba-dinh", probes_of(together), targets_of(together), links)
    site_probes_from(together.links, targets_of(together), probes_of(together))
    budget = DataBudget(lambda: 1_800_000_000 * 10**9)
    budget.set_jobs(together.links, jobs)
    for job in jobs:
        budget.may_run(job, 10**9)
    return len(jobs)


def test_an_absurd_site_config_is_refused_or_can_be_measured_by() -> None:
    assert measure_by(CONFIG) > 10
    outcomes = {"refused": 0, "taken": 0}
    for config in damaged_values(CONFIG, ABSURD):
        try:
            measure_by(config)
        except SiteConfigRefused:
            outcomes["refused"] += 1
        else:
            outcomes["taken"] += 1
    assert min(outcomes.values()) > 100, outcomes


@pytest.mark.parametrize(
    "more",
    [{"number": 0}, {"number": 10**9}, {"number": 10**400}, {"made_ns": -1}, {"made_ns": 10**400}],
)
def test_a_version_that_no_header_can_name_or_no_clock_can_date_is_not_read(
    more: Mapping[str, int],
) -> None:
    offer = {"number": 1, "made_ns": 1, "content": CONFIG} | dict(more)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(offer), type=OfferedConfig)
