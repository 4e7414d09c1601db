"""Plans meet the disk, the pushes and the clock: tried, proved, gone back from, remembered."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from tests.agent.siteplan.making import anchor, offer, own, plan, portal
from thongsuot_agent.app.plans import Holding, PlanHands, Plans, taken_up
from thongsuot_agent.app.show import plan_line
from thongsuot_agent.app.show_plan import lines_of
from thongsuot_agent.clock import NS_PER_S
from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.siteplan.file import load
from thongsuot_agent.siteplan.ledger import PARDONS, STARTS_UNPROVEN, Ground
from thongsuot_agent.uplink.answer import Meaning, Reading
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.batch.push import Answer
from thongsuot_schema.catalogue.host import PLAN
from thongsuot_schema.siteplan.codec import version_of
from thongsuot_schema.siteplan.model import Offer, SitePlan

SHORT = "[plan]\nprobation_s = 60\nprobation_tries = 2\n"


@dataclass
class Device:
    """Plans on a device, with what was applied and reported."""

    path: Path
    own: AgentConfig
    now_ns: int = 0
    applied: list[SitePlan | None] = field(default_factory=list)
    notices: list[tuple[NoticeCode, str]] = field(default_factory=list)
    news: int = 0

    def start(self) -> Plans:
        """Return the plans of an agent that starts on this device."""
        holding = taken_up(self.own, self.path)
        self.notices += holding.news
        hands = PlanHands(
            now_ns=lambda: self.now_ns,
            apply=self._apply,
            on_notice=lambda code, text: self.notices.append((code, text)),
            on_news=self._push,
        )
        return Plans(own=self.own, path=self.path, holding=holding, hands=hands)

    def _apply(self, config: AgentConfig, told: SitePlan | None) -> None:
        assert config.site == self.own.site
        self.applied.append(told)

    def _push(self) -> None:
        self.news += 1


@pytest.fixture
def device(tmp_path: Path) -> Device:
    """A device that gives a plan a minute and two pushes."""
    return Device(tmp_path / "plans.json", own(SHORT))


def acknowledged(offered: Offer | None = None) -> Reading:
    """Return what a push came to that was taken, and whose answer may carry a plan."""
    raw = msgspec.Raw(b"" if offered is None else msgspec.json.encode(offered))
    answer = Answer(acknowledged=1, plan=raw)
    return Reading(meaning=Meaning.DURABLE, status=200, answer=answer)


FAILED = Reading(meaning=Meaning.LATER, status=0, text="timed out")
NO_LINK = Reading(meaning=Meaning.LATER, status=0, text="no link can send", is_tried=False)
BUSY = Reading(meaning=Meaning.LATER, status=503, answer=Answer(error="busy"))


async def offered(plans: Plans, one: Offer) -> None:
    """Have an answer bring a plan."""
    plans.take_push(plans.said, acknowledged(one))
    await plans.settle()


async def proven(plans: Plans, one: Offer) -> None:
    """Bring a plan, and acknowledge a push under it."""
    await offered(plans, one)
    plans.take_push(plans.said, acknowledged())
    await plans.settle()
    assert plans.status.state == "good"


async def test_a_plan_is_tried_said_and_proved_by_a_push_under_it(device: Device) -> None:
    plans = device.start()
    assert plans.said == "none"
    await offered(plans, offer(1))
    version = version_of(offer(1))
    assert (plans.said, plans.status.state) == (version, "trial")
    assert [one.targets[0].name for one in device.applied if one] == ["portal-1"]
    assert device.news == 1, "the push that decides leaves at once"
    # A push that had begun before says nothing about the plan.
    plans.take_push("none", acknowledged())
    await plans.settle()
    assert plans.status.state == "trial"
    plans.take_push(version, acknowledged())
    await plans.settle()
    assert plans.status.state == "good"
    assert device.notices == [(NoticeCode.CONFIG_APPLIED, version)]
    assert load(device.path).good == offer(1)
    # The agent starts again, and the collector is away: it goes on with the plan.
    again = device.start()
    assert (again.said, again.status.state) == (version, "good")
    assert [target.name for target in again.holding.config.targets][-1] == "portal-1"


async def test_what_is_offered_again_changes_nothing(device: Device) -> None:
    plans = device.start()
    assert plans.values() == {}
    await proven(plans, offer(1))
    await offered(plans, offer(1))
    assert len(device.applied) == 1
    assert plans.values() == {PLAN: 1.0}


async def test_a_wrong_plan_is_refused_reported_and_not_looked_at_again(device: Device) -> None:
    plans = device.start()
    await proven(plans, offer(1))
    wrong = offer(2, plan(targets=(portal("dvc", "ftp://x"), anchor("y"))))
    await offered(plans, wrong)
    version = version_of(wrong)
    assert plans.said == f"{version_of(offer(1))} !{version}"
    code, text = device.notices[-1]
    assert code is NoticeCode.CONFIG_REJECTED
    assert text.startswith(f'{version} [[targets]] "dvc" url: "ftp://x" is not')
    assert "\n" not in text
    assert len(device.applied) == 1
    reported = len(device.notices)
    await offered(plans, wrong)
    assert len(device.notices) == reported
    assert device.start().said == plans.said, "it is remembered"
    # What another settings file makes of it is seen when it comes again.
    device.own = own(SHORT + "[page]\nlisten = ''\n")
    assert device.start().said == version_of(offer(1))


async def test_an_agent_that_is_cut_off_goes_back_and_says_so(device: Device) -> None:
    plans = device.start()
    await proven(plans, offer(1))
    await offered(plans, offer(2))
    bad = version_of(offer(2))
    for _ in range(5):
        plans.take_push(bad, FAILED)
        await plans.settle()
    assert plans.said == bad, "tries alone are a moment's trouble"
    device.now_ns += 60 * NS_PER_S
    plans.pass_time()
    await plans.settle()
    assert plans.said == f"{version_of(offer(1))} !{bad}"
    first, second, third = device.applied
    assert first == third != second
    code, text = device.notices[-1]
    assert code is NoticeCode.CONFIG_REJECTED
    assert text == f"{bad} the collector was not reached for 60 s, 5 tries: timed out"
    # Without it the collector is reached: it was the plan.
    await offered(plans, offer(2))
    assert plans.status.version == version_of(offer(1))
    assert plans.holding.ledger.refused[-1].ground is Ground.CUT_OFF
    plans.take_push(plans.said, FAILED)
    await plans.settle()
    # The same version is not tried again, by this process or the next.
    await offered(plans, offer(2))
    assert plans.status.version == version_of(offer(1))
    again = device.start()
    assert again.said == f"{version_of(offer(1))} !{bad}"
    await offered(again, offer(2))
    assert again.status.state == "good"
    # Made anew, it is.
    await offered(again, offer(3, bytes(offer(2).content)))
    assert again.status.state == "trial"


async def cut_off(device: Device, plans: Plans) -> None:
    """Have the plan on probation fail."""
    for _ in range(2):
        plans.take_push(plans.said, FAILED)
    device.now_ns += 60 * NS_PER_S
    plans.pass_time()
    await plans.settle()
    assert plans.status.state != "trial"


async def test_a_plan_during_which_the_centre_was_away_is_tried_again(device: Device) -> None:
    plans = device.start()
    await proven(plans, offer(1))
    await offered(plans, offer(2))
    await cut_off(device, plans)
    before, version = version_of(offer(1)), version_of(offer(2))
    # What cannot leave, or left under the plan, says nothing of the way back.
    for said, reading in ((plans.said, NO_LINK), (version, FAILED), (before, FAILED)):
        plans.take_push(said, reading)
        await plans.settle()
        assert plans.said == f"{before} !{version}"
    # The plan before does not reach the collector either; the agent may end meanwhile.
    plans = device.start()
    plans.take_push(plans.said, FAILED)
    await plans.settle()
    assert (plans.said, device.start().said) == (before, before)
    assert len(device.notices) == 2
    # The centre is back.
    await offered(plans, offer(2))
    assert plans.status.state == "trial"
    plans.take_push(plans.said, acknowledged())
    await plans.settle()
    assert (plans.said, plans.status.state) == (version, "good")
    assert plans.holding.ledger.pardoned is None


async def test_a_plan_has_only_so_many_chances(device: Device) -> None:
    plans = device.start()
    for _ in range(PARDONS):
        await offered(plans, offer(1))
        await cut_off(device, plans)
        plans.take_push(plans.said, FAILED)
        await plans.settle()
        assert plans.said == "none"
    await offered(plans, offer(1))
    await cut_off(device, plans)
    plans.take_push(plans.said, FAILED)
    await plans.settle()
    assert plans.said == f"none !{version_of(offer(1))}"
    await offered(plans, offer(1))
    assert plans.status.state == "none"


async def test_without_a_good_plan_the_settings_file_is_gone_back_to(device: Device) -> None:
    plans = device.start()
    await offered(plans, offer(1))
    for _ in range(2):
        plans.take_push(plans.said, FAILED)
    device.now_ns += 61 * NS_PER_S
    await plans.settle()
    assert plans.said == f"none !{version_of(offer(1))}"
    assert device.applied[-1] is None


async def test_time_alone_and_links_that_cannot_send_and_a_busy_collector_are_no_proof_against_it(
    device: Device,
) -> None:
    plans = device.start()
    await offered(plans, offer(1))
    for reading in (NO_LINK, BUSY) * 10:
        plans.take_push(plans.said, reading)
    device.now_ns += 3600 * NS_PER_S
    plans.pass_time()
    await plans.settle()
    assert plans.status.state == "trial"
    # Power and links are back.
    plans.take_push(plans.said, acknowledged())
    await plans.settle()
    assert plans.status.state == "good"


async def test_an_agent_that_ends_on_probation_starts_with_what_was_good(device: Device) -> None:
    plans = device.start()
    await proven(plans, offer(1))
    for _ in range(STARTS_UNPROVEN):
        await offered(plans, offer(2))
        assert plans.status.state == "trial"
        plans = device.start()
        assert plans.status.version == version_of(offer(1))
    await offered(plans, offer(2))
    assert plans.status.state == "good"
    assert "ended 3 times" in plans.status.reason
    assert device.notices[-1] == (
        NoticeCode.CONFIG_REJECTED,
        f"{version_of(offer(2))} the agent ended 3 times while it was on probation",
    )


async def test_a_good_plan_that_a_new_settings_file_does_not_bear_is_not_run(
    device: Device,
) -> None:
    plans = device.start()
    linked = offer(1, plan(targets=(anchor("192.0.2.1", links=("mobile",)),)))
    await proven(plans, linked)
    text = SHORT + "[page]\nlisten = ''\n"
    config = own(text)
    device.own = msgspec.structs.replace(config, links=config.links[:1])
    plans = device.start()
    assert plans.said == f"none !{version_of(linked)}"
    assert plans.holding.config == device.own
    assert 'there is no link "mobile"' in device.notices[-1][1]


async def test_a_disk_that_takes_nothing_leaves_all_as_it_is(
    device: Device, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    device.path = tmp_path / "file" / "plans.json"
    plans = device.start()
    await offered(plans, offer(1))
    assert device.applied == []
    assert plans.said == f"none !{version_of(offer(1))}"
    (tmp_path / "file").unlink()
    for _ in range(60):
        plans.pass_time()
    await plans.settle()
    assert plans.said == "none"
    await offered(plans, offer(1))
    assert plans.status.state == "trial"


async def test_what_is_no_offer_is_logged_and_harms_nothing(device: Device) -> None:
    plans = device.start()
    for raw in (b"1", b"null", b'{"number":"x"}', b'{"number":1,"made_ns":1}'):
        answer = Answer(acknowledged=1, plan=msgspec.Raw(raw))
        plans.take_push("none", Reading(meaning=Meaning.DURABLE, status=200, answer=answer))
        await plans.settle()
    assert (plans.said, device.notices) == ("none", [])


async def test_a_device_that_takes_no_plans_says_nothing_of_them(device: Device) -> None:
    plans = device.start()
    await proven(plans, offer(1))
    device.own = own("[plan]\naccept = false\n")
    plans = device.start()
    assert (plans.said, plans.status.state) == ("", "off")
    await offered(plans, offer(2))
    assert len(device.applied) == 1
    assert plans.holding.config == device.own


async def test_a_person_sees_which_plan_is_run_and_what_comes_of_it(device: Device) -> None:
    plans = device.start()
    assert "settings file alone" in plan_line(plans.status)
    await proven(plans, offer(1))
    assert f"plan: {version_of(offer(1))}, good" in plan_line(plans.status)
    wrong = offer(2, plan(site="tay-ho"))
    await offered(plans, wrong)
    assert f"{version_of(wrong)} REFUSED: site: it is for" in plan_line(plans.status)
    shown = "\n".join(lines_of(load(device.path), device.own))
    assert "made: 1970-01-01 00:00:01 UTC" in shown
    assert "target portal-1: https://portal-1.example/ (plan)" in shown
    assert "target city: https://city.example/ (settings)" in shown
    assert "probe http: every 60 s (settings)" in shown
    assert f"refused: {version_of(wrong)} (invalid): site: it is for" in shown
    await offered(plans, offer(3))
    shown = "\n".join(lines_of(load(device.path), device.own))
    assert "on probation" in shown
    assert f"before: {version_of(offer(1))}" in shown


def test_nothing_holds_where_nothing_was_kept(device: Device) -> None:
    assert taken_up(device.own, device.path) == Holding(ledger=load(device.path), config=device.own)
