"""
Site configurations meet the disk, the pushes and the clock: tried, proved, gone back from,
remembered.
"""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from tests.agent.siteconfig.making import anchor, offer, own, portal, site_config
from thongsuot_agent.app.site_configs import (
    ActiveSiteConfig,
    SiteConfigCallbacks,
    SiteConfigManager,
    restore_site_config,
)
from thongsuot_agent.cli.site_config import site_config_lines, site_config_report
from thongsuot_agent.cli.status import site_config_line
from thongsuot_agent.clock import NS_PER_S
from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.siteconfig.rollout import MAX_INTERRUPTED_STARTS, MAX_RETRIES, RefusalGround
from thongsuot_agent.siteconfig.rollout_file import load_rollout
from thongsuot_agent.uplink.answer import PushDisposition, PushOutcome
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.batch.push import PushResponse
from thongsuot_schema.catalogue.host import SITE_CONFIG
from thongsuot_schema.siteconfig.codec import version_of
from thongsuot_schema.siteconfig.model import OfferedConfig, SiteConfiguration

SHORT = "[site_config]\nprobation_s = 60\nprobation_tries = 2\n"


@dataclass
class SiteConfigDevice:
    """Site configurations on a device, with what was applied and reported."""

    path: Path
    own: AgentConfig
    now_ns: int = 0
    applied: list[SiteConfiguration | None] = field(default_factory=list)
    notices: list[tuple[NoticeCode, str]] = field(default_factory=list)
    news: int = 0

    def start(self) -> SiteConfigManager:
        """Return the site configurations of an agent that starts on this device."""
        holding = restore_site_config(self.own, self.path)
        self.notices += holding.notices
        callbacks = SiteConfigCallbacks(
            now_ns=lambda: self.now_ns,
            apply=self._apply,
            on_notice=lambda code, text: self.notices.append((code, text)),
            push_now=self._push,
        )
        return SiteConfigManager(own=self.own, path=self.path, active=holding, callbacks=callbacks)

    def _apply(self, config: AgentConfig, config_of_site: SiteConfiguration | None) -> None:
        assert config.site == self.own.site
        self.applied.append(config_of_site)

    def _push(self) -> None:
        self.news += 1


@pytest.fixture
def device(tmp_path: Path) -> SiteConfigDevice:
    """A device that gives a site configuration a minute and two pushes."""
    return SiteConfigDevice(tmp_path / "site-config.json", own(SHORT))


def acknowledged(offered: OfferedConfig | None = None) -> PushOutcome:
    """
    Return what a push came to that was taken, and whose answer may carry a site configuration.
    """
    raw = msgspec.Raw(b"" if offered is None else msgspec.json.encode(offered))
    answer = PushResponse(acknowledged=1, site_config=raw)
    return PushOutcome(disposition=PushDisposition.DURABLE, status=200, answer=answer)


FAILED = PushOutcome(disposition=PushDisposition.RETRY_LATER, status=0, text="timed out")
NO_LINK = PushOutcome(
    disposition=PushDisposition.RETRY_LATER, status=0, text="no link can send", is_tried=False
)
BUSY = PushOutcome(
    disposition=PushDisposition.RETRY_LATER, status=503, answer=PushResponse(error="busy")
)


async def offered(site_configs: SiteConfigManager, config: OfferedConfig) -> None:
    """Have an answer bring a site configuration."""
    site_configs.on_push_end(site_configs.running_text, acknowledged(config))
    await site_configs.process_pending()


async def proven(site_configs: SiteConfigManager, config: OfferedConfig) -> None:
    """Bring a site configuration, and acknowledge a push under it."""
    await offered(site_configs, config)
    site_configs.on_push_end(site_configs.running_text, acknowledged())
    await site_configs.process_pending()
    assert site_configs.status.state == "good"


async def test_a_site_config_is_tried_said_and_proved_by_a_push_under_it(
    device: SiteConfigDevice,
) -> None:
    site_configs = device.start()
    assert site_configs.running_text == "none"
    await offered(site_configs, offer(1))
    version = version_of(offer(1))
    assert (site_configs.running_text, site_configs.status.state) == (version, "trial")
    assert [applied.targets[0].name for applied in device.applied if applied] == ["portal-1"]
    assert device.news == 1, "the push that decides leaves at once"
    # A push that had begun before says nothing about the site configuration.
    site_configs.on_push_end("none", acknowledged())
    await site_configs.process_pending()
    assert site_configs.status.state == "trial"
    site_configs.on_push_end(version, acknowledged())
    await site_configs.process_pending()
    assert site_configs.status.state == "good"
    assert device.notices == [(NoticeCode.CONFIG_APPLIED, version)]
    assert load_rollout(device.path).good == offer(1)
    # The agent starts again, and the collector is away: it goes on with the site configuration.
    again = device.start()
    assert (again.running_text, again.status.state) == (version, "good")
    assert [target.name for target in again.active.config.targets][-1] == "portal-1"


async def test_a_repeated_offer_changes_nothing(device: SiteConfigDevice) -> None:
    site_configs = device.start()
    assert site_configs.metrics() == {}
    await proven(site_configs, offer(1))
    await offered(site_configs, offer(1))
    assert len(device.applied) == 1
    assert site_configs.metrics() == {SITE_CONFIG: 1.0}


async def test_a_wrong_site_config_is_refused_reported_and_not_looked_at_again(
    device: SiteConfigDevice,
) -> None:
    site_configs = device.start()
    await proven(site_configs, offer(1))
    wrong = offer(2, site_config(targets=(portal("dvc", "ftp://x"), anchor("y"))))
    await offered(site_configs, wrong)
    version = version_of(wrong)
    assert site_configs.running_text == f"{version_of(offer(1))} !{version}"
    code, text = device.notices[-1]
    assert code is NoticeCode.CONFIG_REJECTED
    assert text.startswith(f'{version} [[targets]] "dvc" url: "ftp://x" is not')
    assert "\n" not in text
    assert len(device.applied) == 1
    reported = len(device.notices)
    await offered(site_configs, wrong)
    assert len(device.notices) == reported
    assert device.start().running_text == site_configs.running_text, "it is remembered"
    # What another settings file makes of it is seen when it comes again.
    device.own = own(SHORT + "[page]\nlisten = ''\n")
    assert device.start().running_text == version_of(offer(1))


async def test_an_agent_that_is_cut_off_rolls_back_and_reports_it(device: SiteConfigDevice) -> None:
    site_configs = device.start()
    await proven(site_configs, offer(1))
    await offered(site_configs, offer(2))
    bad = version_of(offer(2))
    for _ in range(5):
        site_configs.on_push_end(bad, FAILED)
        await site_configs.process_pending()
    assert site_configs.running_text == bad, "tries alone are a moment's trouble"
    device.now_ns += 60 * NS_PER_S
    site_configs.tick()
    await site_configs.process_pending()
    assert site_configs.running_text == f"{version_of(offer(1))} !{bad}"
    first, second, third = device.applied
    assert first == third != second
    code, text = device.notices[-1]
    assert code is NoticeCode.CONFIG_REJECTED
    assert text == f"{bad} the collector was not reached for 60 s, 5 tries: timed out"
    # Without it the collector is reached: it was the site configuration.
    await offered(site_configs, offer(2))
    assert site_configs.status.version == version_of(offer(1))
    assert site_configs.active.rollout.refused[-1].ground is RefusalGround.CUT_OFF
    site_configs.on_push_end(site_configs.running_text, FAILED)
    await site_configs.process_pending()
    # The same version is not tried again, by this process or the next.
    await offered(site_configs, offer(2))
    assert site_configs.status.version == version_of(offer(1))
    again = device.start()
    assert again.running_text == f"{version_of(offer(1))} !{bad}"
    await offered(again, offer(2))
    assert again.status.state == "good"
    # Made again, it is.
    await offered(again, offer(3, bytes(offer(2).content)))
    assert again.status.state == "trial"


async def cut_off(device: SiteConfigDevice, site_configs: SiteConfigManager) -> None:
    """Have the site configuration on probation fail."""
    for _ in range(2):
        site_configs.on_push_end(site_configs.running_text, FAILED)
    device.now_ns += 60 * NS_PER_S
    site_configs.tick()
    await site_configs.process_pending()
    assert site_configs.status.state != "trial"


async def test_a_site_config_during_which_the_centre_was_away_is_tried_again(
    device: SiteConfigDevice,
) -> None:
    site_configs = device.start()
    await proven(site_configs, offer(1))
    await offered(site_configs, offer(2))
    await cut_off(device, site_configs)
    before, version = version_of(offer(1)), version_of(offer(2))
    # What cannot leave, or left under the site configuration, says nothing of the way back.
    for running, reading in (
        (site_configs.running_text, NO_LINK),
        (version, FAILED),
        (before, FAILED),
    ):
        site_configs.on_push_end(running, reading)
        await site_configs.process_pending()
        assert site_configs.running_text == f"{before} !{version}"
    # The site configuration before does not reach the collector either; the agent may end
    # meanwhile.
    site_configs = device.start()
    site_configs.on_push_end(site_configs.running_text, FAILED)
    await site_configs.process_pending()
    assert (site_configs.running_text, device.start().running_text) == (before, before)
    assert len(device.notices) == 2
    # The centre is back.
    await offered(site_configs, offer(2))
    assert site_configs.status.state == "trial"
    site_configs.on_push_end(site_configs.running_text, acknowledged())
    await site_configs.process_pending()
    assert (site_configs.running_text, site_configs.status.state) == (version, "good")
    assert site_configs.active.rollout.retried is None


async def test_a_site_config_is_tried_a_limited_number_of_times(device: SiteConfigDevice) -> None:
    site_configs = device.start()
    for _ in range(MAX_RETRIES):
        await offered(site_configs, offer(1))
        await cut_off(device, site_configs)
        site_configs.on_push_end(site_configs.running_text, FAILED)
        await site_configs.process_pending()
        assert site_configs.running_text == "none"
    await offered(site_configs, offer(1))
    await cut_off(device, site_configs)
    site_configs.on_push_end(site_configs.running_text, FAILED)
    await site_configs.process_pending()
    assert site_configs.running_text == f"none !{version_of(offer(1))}"
    await offered(site_configs, offer(1))
    assert site_configs.status.state == "none"


async def test_without_a_good_site_config_the_agent_returns_to_its_settings_file(
    device: SiteConfigDevice,
) -> None:
    site_configs = device.start()
    await offered(site_configs, offer(1))
    for _ in range(2):
        site_configs.on_push_end(site_configs.running_text, FAILED)
    device.now_ns += 61 * NS_PER_S
    await site_configs.process_pending()
    assert site_configs.running_text == f"none !{version_of(offer(1))}"
    assert device.applied[-1] is None


async def test_elapsed_time_dead_links_and_a_busy_collector_do_not_make_a_site_config_fail(
    device: SiteConfigDevice,
) -> None:
    site_configs = device.start()
    await offered(site_configs, offer(1))
    for reading in (NO_LINK, BUSY) * 10:
        site_configs.on_push_end(site_configs.running_text, reading)
    device.now_ns += 3600 * NS_PER_S
    site_configs.tick()
    await site_configs.process_pending()
    assert site_configs.status.state == "trial"
    # Power and links are back.
    site_configs.on_push_end(site_configs.running_text, acknowledged())
    await site_configs.process_pending()
    assert site_configs.status.state == "good"


async def test_an_agent_that_ends_during_a_trial_restarts_with_the_last_good_site_config(
    device: SiteConfigDevice,
) -> None:
    site_configs = device.start()
    await proven(site_configs, offer(1))
    for _ in range(MAX_INTERRUPTED_STARTS):
        await offered(site_configs, offer(2))
        assert site_configs.status.state == "trial"
        site_configs = device.start()
        assert site_configs.status.version == version_of(offer(1))
    await offered(site_configs, offer(2))
    assert site_configs.status.state == "good"
    assert "ended 3 times" in site_configs.status.reason
    assert device.notices[-1] == (
        NoticeCode.CONFIG_REJECTED,
        f"{version_of(offer(2))} the agent ended 3 times while it was on probation",
    )


async def test_a_good_site_config_that_contradicts_a_new_settings_file_is_not_run(
    device: SiteConfigDevice,
) -> None:
    site_configs = device.start()
    linked = offer(1, site_config(targets=(anchor("192.0.2.1", links=("mobile",)),)))
    await proven(site_configs, linked)
    text = SHORT + "[page]\nlisten = ''\n"
    config = own(text)
    device.own = msgspec.structs.replace(config, links=config.links[:1])
    site_configs = device.start()
    assert site_configs.running_text == f"none !{version_of(linked)}"
    assert site_configs.active.config == device.own
    assert 'there is no link "mobile"' in device.notices[-1][1]


async def test_a_disk_that_takes_nothing_lets_no_site_config_begin_until_it_works_again(
    device: SiteConfigDevice, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    device.path = tmp_path / "file" / "site-config.json"
    site_configs = device.start()
    await offered(site_configs, offer(1))
    assert device.applied == []
    assert site_configs.running_text == f"none !{version_of(offer(1))}"
    (tmp_path / "file").unlink()
    for _ in range(60):
        site_configs.tick()
    await site_configs.process_pending()
    assert site_configs.running_text == "none"
    await offered(site_configs, offer(1))
    assert site_configs.status.state == "trial"


async def test_an_invalid_offer_is_logged_and_does_no_harm(device: SiteConfigDevice) -> None:
    site_configs = device.start()
    for raw in (b"1", b"null", b'{"number":"x"}', b'{"number":1,"made_ns":1}'):
        answer = PushResponse(acknowledged=1, site_config=msgspec.Raw(raw))
        site_configs.on_push_end(
            "none", PushOutcome(disposition=PushDisposition.DURABLE, status=200, answer=answer)
        )
        await site_configs.process_pending()
    assert (site_configs.running_text, device.notices) == ("none", [])


async def test_a_device_that_takes_no_site_configs_says_nothing_of_them(
    device: SiteConfigDevice,
) -> None:
    site_configs = device.start()
    await proven(site_configs, offer(1))
    device.own = own("[site_config]\naccept = false\n")
    site_configs = device.start()
    assert (site_configs.running_text, site_configs.status.state) == ("", "off")
    await offered(site_configs, offer(2))
    assert len(device.applied) == 1
    assert site_configs.active.config == device.own


async def test_a_person_sees_which_site_config_is_run_and_what_comes_of_it(
    device: SiteConfigDevice,
) -> None:
    site_configs = device.start()
    assert "settings file alone" in site_config_line(site_configs.status)
    await proven(site_configs, offer(1))
    assert f"site configuration: {version_of(offer(1))}, good" in site_config_line(
        site_configs.status
    )
    wrong = offer(2, site_config(site="tay-ho"))
    await offered(site_configs, wrong)
    assert f"{version_of(wrong)} REFUSED: site: it is for" in site_config_line(site_configs.status)
    shown = "\n".join(site_config_lines(site_config_report(load_rollout(device.path), device.own)))
    assert "made: 1970-01-01 00:00:01 UTC" in shown
    assert "target portal-1: https://portal-1.example/ (collector)" in shown
    assert "target city: https://city.example/ (settings)" in shown
    assert "probe http: every 60 s (settings)" in shown
    assert f"refused: {version_of(wrong)} (invalid): site: it is for" in shown
    await offered(site_configs, offer(3))
    shown = "\n".join(site_config_lines(site_config_report(load_rollout(device.path), device.own)))
    assert "on probation" in shown
    assert f"before: {version_of(offer(1))}" in shown


def test_without_a_stored_site_config_the_settings_file_is_used(device: SiteConfigDevice) -> None:
    assert restore_site_config(device.own, device.path) == ActiveSiteConfig(
        rollout=load_rollout(device.path), config=device.own
    )
