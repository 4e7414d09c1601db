"""Above a rate people get one digest, by a real mail server; what is critical within seconds."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.collector.notify.channel_contract import ServiceFixture, running_service
from tests.collector.notify.channels.test_email import MailFixture
from tests.collector.notify.dispatch.webhook_receivers import WebhookReceiver
from tests.collector.notify.incident_events import city_inventory, cut_fibre, steady_city
from tests.collector.running import eventually
from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.incidents.party import Severity
from thongsuot_collector.notify.contract import Channel
from thongsuot_collector.notify.settings import NotifySettings

ABOVE = 3
SETTINGS = NotifySettings(
    channels=("main",), retry_s=0.01, escalate_after_s=60.0, digest_above=ABOVE, digest_every_s=0.4
)


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailFixture]:
    made = MailFixture(tmp_path, "none")
    yield made
    made.stop()


def incidents_of(
    event: NotificationEvent, count: int, severity: Severity
) -> list[NotificationEvent]:
    """Return the telling of so many incidents of one party."""
    replace = msgspec.structs.replace
    return [
        replace(event, incident=replace(event.incident, id=f"20261118-{at:08}", severity=severity))
        for at in range(count)
    ]


def delivered(fixture: ServiceFixture) -> int:
    return sum(thread.is_reached for thread in fixture.service.threads)


async def test_incidents_above_the_rate_are_one_mail_and_each_is_delivered(
    mail: MailFixture, tmp_path: Path
) -> None:
    city = steady_city(city_inventory())
    events = incidents_of(cut_fibre(city), 23, Severity.MAJOR)
    async with running_service(city, tmp_path, {"main": mail.channel()}, SETTINGS) as fixture:
        await fixture.accept(*events)
        await eventually(lambda: delivered(fixture) == len(events))
        mails = mail.mails()
        assert len(mails) == ABOVE + 1
        (digest,) = [sent for sent in mails if "Tổng hợp" in sent["subject"]]
        assert f"{len(events) - ABOVE} tin" in digest["subject"]
        assert digest["text"].count("———") == 10 + 1, "ten in full, the subjects, the rest"
        assert "10 tin còn lại" in digest["text"]


async def test_a_digest_that_did_not_get_through_is_sent_again(
    mail: MailFixture, tmp_path: Path
) -> None:
    city = steady_city(city_inventory())
    events = incidents_of(cut_fibre(city), 9, Severity.MAJOR)
    mail.behave("data 451")
    async with running_service(city, tmp_path, {"main": mail.channel()}, SETTINGS) as fixture:
        await fixture.accept(*events)
        await eventually(
            lambda: all(
                state.attempts for thread in fixture.service.threads for state in thread.routes
            )
        )
        assert delivered(fixture) == 0
        mail.behave("well")
        await eventually(lambda: delivered(fixture) == len(events))


async def test_hundreds_of_critical_incidents_are_a_few_mails_within_seconds(
    mail: MailFixture, tmp_path: Path
) -> None:
    city = steady_city(city_inventory())
    events = incidents_of(cut_fibre(city), 300, Severity.CRITICAL)
    settings = msgspec.structs.replace(SETTINGS, digest_every_s=3_600.0, escalate_after_s=7_200.0)
    async with running_service(city, tmp_path, {"main": mail.channel()}, settings) as fixture:
        await fixture.accept(*events)
        # Nothing here takes two hours: they are not held as long as others.
        await eventually(lambda: delivered(fixture) == len(events))
        mails = mail.mails()
        assert len(mails) < ABOVE + 50
        assert sum("Tổng hợp" not in sent["subject"] for sent in mails) == ABOVE


async def test_critical_incidents_do_not_wait_for_others(mail: MailFixture, tmp_path: Path) -> None:
    city = steady_city(city_inventory())
    event = cut_fibre(city)
    settings = msgspec.structs.replace(SETTINGS, digest_every_s=3_600.0, escalate_after_s=7_200.0)
    async with running_service(city, tmp_path, {"main": mail.channel()}, settings) as fixture:
        await fixture.accept(*incidents_of(event, 9, Severity.MAJOR))
        await eventually(lambda: delivered(fixture) == ABOVE)
        urgent = msgspec.structs.replace(
            event.incident, id="20261118-ffffffff", severity=Severity.CRITICAL
        )
        await fixture.accept(msgspec.structs.replace(event, incident=urgent))
        await eventually(lambda: delivered(fixture) == ABOVE + 1)
        assert len(mail.mails()) == ABOVE + 1


async def test_in_quiet_hours_messages_to_people_wait_and_those_to_systems_do_not(
    mail: MailFixture, first: WebhookReceiver, tmp_path: Path
) -> None:
    city = steady_city(city_inventory(carrier_channels=("main", "first")))
    event = cut_fibre(city)
    always = {"quiet_from": "00:00", "quiet_until": "23:59"}
    settings = msgspec.structs.replace(SETTINGS, **always, digest_above=0)
    channels: dict[str, Channel] = {"main": mail.channel(), "first": first.channel()}
    async with running_service(city, tmp_path, channels, settings) as fixture:
        await fixture.accept(*incidents_of(event, 1, Severity.MINOR))
        await eventually(lambda: delivered(fixture) == 1)
        assert (len(first.bodies()), len(mail.mails())) == (1, 0)
        urgent = msgspec.structs.replace(
            event.incident, id="20261118-ffffffff", severity=Severity.MAJOR
        )
        await fixture.accept(msgspec.structs.replace(event, incident=urgent))
        await eventually(lambda: len(mail.mails()) == 1)
