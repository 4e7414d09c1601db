"""Escalations and disputes are notified to further parties, each once."""

from pathlib import Path

import msgspec

from tests.collector.incidents.city import CityFixture
from tests.collector.notify.channel_contract import running_service
from tests.collector.notify.dispatch.webhook_receivers import WebhookReceiver, both
from tests.collector.notify.incident_events import (
    CITY,
    city_inventory,
    cut_fibre,
    restore_fibre,
    steady_city,
)
from tests.collector.running import eventually
from tests.collector.timeline.boot_script import wall_ns
from thongsuot_collector.incidents import actions
from thongsuot_collector.incidents.answer import AnswerKind, PartyAnswer, Ruling
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_schema.inventory.contract_terms import Contract
from thongsuot_schema.inventory.model import EscalationStep

CHAIN = (
    EscalationStep(title="Trưởng ca", channels=("second:truong-ca",)),
    EscalationStep(title="Giám đốc kỹ thuật", after_s=0.2, channels=("second:giam-doc",)),
    EscalationStep(title="Sở", after_s=0.4, is_city=True),
)

OPENED, UPDATED, RESOLVED = NotificationKind


def chained_city(chain: tuple[EscalationStep, ...] = CHAIN) -> CityFixture:
    """Return a city whose carriers have a chain; it hears of what comes to it by ``second``."""
    known = city_inventory(carrier_channels=("first",), city_channels=("second",))
    replace = msgspec.structs.replace
    carriers = tuple(replace(carrier, escalation=chain) for carrier in known.carriers)
    return steady_city(replace(known, carriers=carriers))


def settings(accept_within_s: float = 0.2) -> NotifySettings:
    return NotifySettings(
        channels=("first",),
        city=CITY,
        city_sees_all=False,
        retry_s=0.01,
        accept_within_s=accept_within_s,
    )


def answered(made: CityFixture, kind: AnswerKind, text: str = "") -> None:
    incident = made.only("link_fault")
    answer = PartyAnswer(
        kind=kind, party=incident.party, person="Bình", at_ns=wall_ns(90), text=text
    )
    actions.answer(made.registry, incident.id, answer)


def escalated(made: CityFixture) -> list[str]:
    history = made.only("link_fault").history
    return [entry.about for entry in history if entry.event == "escalated"]


async def test_incidents_that_nobody_accepts_are_escalated_and_each_step_is_notified_once(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = chained_city()
    event = cut_fibre(made)
    async with running_service(made, tmp_path, both(first, second), settings()) as fixture:
        await fixture.accept(event)
        await eventually(lambda: len(second.bodies()) == 3)
    assert escalated(made) == ["1: Trưởng ca", "2: Giám đốc kỹ thuật", "3: Sở"]
    for body in second.bodies():
        assert body.title.startswith("[Chưa ai tiếp nhận] FTTH-0000 mất kết nối"), body.title
        assert body.kind == OPENED
    assert "Chưa có ai của VNPT tiếp nhận" in second.bodies()[0].text
    assert "Trưởng ca lúc" in second.bodies()[0].text
    # Killed and started again: nothing is told twice, and all hear of the end.
    async with running_service(made, tmp_path, both(first, second), settings()) as fixture:
        await fixture.accept(restore_fibre(made))
        await eventually(lambda: not fixture.service.threads)
    assert first.received_kinds() == [OPENED, RESOLVED]
    assert sorted(second.received_kinds()) == sorted([OPENED] * 3 + [RESOLVED] * 3)


async def test_a_step_that_a_crash_cut_off_is_reported_after_the_restart(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = chained_city(CHAIN[:1])
    event = cut_fibre(made)
    second.behave("503")
    async with running_service(made, tmp_path, both(first, second), settings()) as fixture:
        await fixture.accept(event)
        await eventually(lambda: escalated(made))
    second.behave("well")
    async with running_service(made, tmp_path, both(first, second), settings()):
        await eventually(second.bodies)
    assert second.received_kinds() == [OPENED]
    assert escalated(made) == ["1: Trưởng ca"]


async def test_an_incident_accepted_in_time_is_not_escalated(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = chained_city((*CHAIN[:1], EscalationStep(title="Sở", after_s=2.5, is_city=True)))
    event = cut_fibre(made)
    async with running_service(made, tmp_path, both(first, second), settings()) as fixture:
        await fixture.accept(event)
        await eventually(second.bodies)
        answered(made, AnswerKind.ACCEPTED)
        await fixture.accept(restore_fibre(made))
        await eventually(lambda: not fixture.service.threads)
    assert escalated(made) == ["1: Trưởng ca"]
    assert second.received_kinds() == [OPENED, RESOLVED]


async def test_without_a_chain_the_city_is_notified_after_the_time_of_the_contract(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    known = city_inventory(carrier_channels=("first",), city_channels=("second",))
    contract = Contract(name="c", carrier="vnpt", accept_s=0.2)
    made = steady_city(msgspec.structs.replace(known, contracts=(contract,)))
    event = cut_fibre(made)
    async with running_service(made, tmp_path, both(first, second), settings(3_600.0)) as fixture:
        await fixture.accept(event)
        await eventually(second.bodies)
        assert escalated(made) == ["1: city"]
        assert second.bodies()[0].audience.party == "city"


async def test_a_dispute_reaches_the_city_and_its_decision_the_party(
    first: WebhookReceiver, second: WebhookReceiver, tmp_path: Path
) -> None:
    made = chained_city()
    event = cut_fibre(made)
    async with running_service(made, tmp_path, both(first, second), settings(3_600.0)) as fixture:
        await fixture.accept(event)
        await eventually(first.bodies)
        answered(made, AnswerKind.REFUSED, "ONT mất điện")
        await eventually(second.bodies)
        # And it is written down that both have it.
        await eventually(lambda: all(thread.is_complete for thread in fixture.service.threads))
    (message,) = second.bodies()
    assert message.title.startswith("[Tranh chấp] FTTH-0000 mất kết nối")
    assert "VNPT (Bình) cho rằng lỗi không thuộc phạm vi của mình" in message.text
    assert "ONT mất điện" in message.text
    assert first.received_kinds() == [OPENED], "the carrier knows what it said itself"
    # The city decides while the collector is down: both are told once it is there again.
    ruling = Ruling(is_upheld=False, reason="ONT có điện", by="Lan", at_ns=wall_ns(100))
    actions.rule(made.registry, made.only("link_fault").id, ruling)
    async with running_service(made, tmp_path, both(first, second), settings(3_600.0)) as fixture:
        await eventually(lambda: len(first.bodies()) == 2 and len(second.bodies()) == 2)
        for body in (first.bodies()[1], second.bodies()[1]):
            assert body.kind == UPDATED
            assert body.title.startswith("[Đã phân xử]")
            assert "VNPT phải xử lý. Lý do: ONT có điện" in body.text
        await fixture.accept(restore_fibre(made))
        await eventually(lambda: not fixture.service.threads)
    assert first.received_kinds() == second.received_kinds() == [OPENED, UPDATED, RESOLVED]
