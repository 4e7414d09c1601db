"""SMS: the contract, how long a text is, and how different gateways are asked."""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.collector.notify.channel_contract import *  # noqa: F403 - the contract's tests
from tests.collector.notify.incident_events import (
    city_inventory,
    cut_fibre,
    message_of,
    secret_file,
    steady_city,
)
from tests.collector.notify.receiver_process import ReceiverProcess
from tests.collector.running import WITHIN_S
from thongsuot_collector.notify.channels.sms.channel import (
    Settings,
    SmsChannel,
    check,
    dialled,
    sms_text,
)
from thongsuot_collector.notify.channels.sms.short_text import (
    Diacritics,
    count_messages,
    fit,
    septets,
    without_diacritics,
)
from thongsuot_collector.notify.message import (
    ChannelOutcome,
    NotificationMessage,
    PartyContact,
    PeopleMessage,
)

TOKEN = 'bí"mật&của=cổng'
PHONES = ("0912 345 678", "+84 98 765 43 21")
JSON_BODY = '{"ApiKey": "{token}", "Phone": "{phone}", "Content": "{text}", "RequestId": "{key}"}'
TROUBLE = {
    "503": ChannelOutcome.RETRY,
    "400": ChannelOutcome.REJECTED,
    "401": ChannelOutcome.CHANNEL_UNAVAILABLE,
    "500": ChannelOutcome.UNKNOWN,
    "drop": ChannelOutcome.UNKNOWN,
}


class SmsFixture:
    failure_outcomes = MappingProxyType(TROUBLE)
    absent_outcome = ChannelOutcome.RETRY
    echo = "echo"
    secrets = (TOKEN,)
    deduplicates = False

    def __init__(self, folder: Path) -> None:
        module = "tests.collector.notify.sms_gateway"
        self.gateway = ReceiverProcess(module, folder / "gateway", TOKEN)
        self.gateway.start()
        self.behave = self.gateway.folder.behave
        self.settings = Settings(
            kind="sms",
            name="main",
            url=f"http://127.0.0.1:{self.gateway.port}/send",
            body=JSON_BODY,
            token_file=secret_file(folder, "token", TOKEN),
            success_field="CodeResult",
            success_values=("100",),
            refused_values=("99",),
            timeout_s=WITHIN_S,
        )

    def start(self) -> None:
        self.gateway.start()

    def stop(self) -> None:
        self.gateway.stop()

    def channel(self) -> "ToOneNumber":
        check(self.settings)
        return ToOneNumber(self.settings)

    def received(self) -> list[dict[str, str]]:
        return self.gateway.folder.received()

    def received_kinds(self) -> list[str]:
        return [posted["kind"] for posted in self.received()]


class ToOneNumber(SmsChannel):
    """The channel, where the party's people have a telephone: the city of the tests has mails."""

    async def send(self, message: PeopleMessage) -> Any:  # noqa: ANN401 - as it is
        return await super().send(to(message, PHONES[:1]))


def to(message: PeopleMessage, phones: tuple[str, ...]) -> PeopleMessage:
    return msgspec.structs.replace(message, contact=PartyContact(phones=phones))


@pytest.fixture
def fixture(tmp_path: Path) -> Iterator[SmsFixture]:
    made = SmsFixture(tmp_path)
    yield made
    made.stop()


def cut() -> NotificationMessage:
    made = steady_city(city_inventory())
    return message_of(cut_fibre(made), made)


@pytest.mark.parametrize("form", ["json", "form", "address"])
async def test_a_gateway_is_asked_as_it_wants_to_be(fixture: SmsFixture, form: str) -> None:
    pairs = "ApiKey={token}&Phone={phone}&Content={text}&RequestId={key}"
    changes: dict[str, dict[str, str]] = {
        "json": {},
        "form": {"body": pairs, "content_type": "application/x-www-form-urlencoded"},
        "address": {"body": "", "url": f"{fixture.settings.url}?{pairs}"},
    }
    settings = msgspec.structs.replace(fixture.settings, **changes[form])
    check(settings)
    channel, message = SmsChannel(settings), to(cut(), PHONES)
    result = await channel.send(message)
    assert result.outcome is ChannelOutcome.DELIVERED, result.text
    again = msgspec.structs.replace(message, memo=result.memo or "")
    assert (await channel.send(again)).outcome is ChannelOutcome.DELIVERED
    await channel.close()
    assert [posted["Phone"] for posted in fixture.received()] == ["84912345678", "84987654321"]
    keys = {posted["RequestId"] for posted in fixture.received()}
    assert keys == {f"{message.key}:{phone}" for phone in PHONES}
    (text,) = {posted["Content"] for posted in fixture.received()}
    assert text == (f"[SC] FTTH-0000 mat ket noi 18:07 Phuong 1, Diem 0 {message.page_url}")
    assert message.page_url.startswith("https://thongsuot.example/incidents/")
    assert count_messages(text) == 1


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("99", ChannelOutcome.REJECTED), ("103", ChannelOutcome.CHANNEL_UNAVAILABLE)],
)
async def test_a_gateway_that_says_no_with_200_is_believed(
    fixture: SmsFixture, code: str, outcome: ChannelOutcome
) -> None:
    (fixture.gateway.folder.path / "code").write_text(code, "utf-8")
    channel = SmsChannel(fixture.settings)
    result = await channel.send(to(cut(), PHONES))
    await channel.close()
    assert result.outcome is outcome
    assert code in result.text
    assert TOKEN not in result.text
    assert fixture.received() == []


async def test_a_party_without_a_number_is_reported(fixture: SmsFixture) -> None:
    channel = SmsChannel(fixture.settings)
    result = await channel.send(to(cut(), ()))
    assert (result.outcome, "no telephone number" in result.text) == (ChannelOutcome.REJECTED, True)
    named = msgspec.structs.replace(to(cut(), ()), address="0900000001")
    assert (await channel.send(named)).outcome is ChannelOutcome.DELIVERED
    await channel.close()


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # The escape and its letter are never parted: 76 to a message of 153.
        ("€" * 153, 3),
        ("ă" * 70, 1),
        ("ă" * 71, 2),
        ("ă" * 134, 2),
        ("ă" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_messages_are_counted_by_the_rules_of_mobile_networks(text: str, messages: int) -> None:
    assert count_messages(text) == messages


def test_diacritics_are_left_out_where_that_saves_a_message() -> None:
    short = "Mất kết nối"
    long = "Cả hai đường truyền của điểm phục vụ hành chính công Xã Ba Vì mất từ 08:51, đã báo VNPT"
    assert fit(short, most=1, diacritics=Diacritics.SAVING) == short
    saved = fit(long, most=1, diacritics=Diacritics.SAVING)
    assert saved.startswith("Ca hai duong truyen cua diem phuc vu hanh chinh cong Xa Ba Vi mat")
    assert saved.endswith("da bao VNPT")
    assert fit(long, most=2, diacritics=Diacritics.KEPT) == long
    cut_off = fit(long, most=1, diacritics=Diacritics.KEPT)
    assert cut_off.startswith("Cả hai đường truyền")
    assert (cut_off[-3:], count_messages(cut_off)) == ("...", 1)
    assert fit(short, most=1, diacritics=Diacritics.NEVER) == "Mat ket noi"


@given(text=st.text(max_size=400), most=st.integers(min_value=1, max_value=6))
def test_every_text_is_shortened_to_its_number_of_messages(text: str, most: int) -> None:
    for diacritics in Diacritics:
        assert count_messages(fit(text, most=most, diacritics=diacritics)) <= most
    assert septets(without_diacritics(text)) is not None


def test_the_link_is_added_only_if_the_message_needs_no_further_part(fixture: SmsFixture) -> None:
    message = cut()
    document = msgspec.structs.replace(message.document, page_url="https://ts.example/i/1?key=Ab_")
    linked = msgspec.structs.replace(message, document=document)
    assert sms_text(linked, fixture.settings).endswith("Diem 0 https://ts.example/i/1?key=Ab_")
    far = msgspec.structs.replace(document, page_url=f"https://ts.example/{'x' * 160}")
    unlinked = msgspec.structs.replace(message, document=far)
    assert sms_text(unlinked, fixture.settings) == message.title
    marked = msgspec.structs.replace(fixture.settings, diacritics=Diacritics.KEPT)
    assert sms_text(linked, marked) == message.title


@pytest.mark.parametrize(
    ("phone", "country_code", "number"),
    [
        ("0912 345 678", "84", "84912345678"),
        ("0912.345.678", "+84", "+84912345678"),
        ("+84 912 345 678", "84", "84912345678"),
        ("+84 912 345 678", "+84", "+84912345678"),
        ("84912345678", "84", "84912345678"),
        ("0912345678", "", "0912345678"),
        ("+84912345678", "", "+84912345678"),
    ],
)
def test_a_number_is_dialled_as_the_gateway_wants_it(
    phone: str, country_code: str, number: str
) -> None:
    assert dialled(phone, country_code) == number


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"body": '{"ApiKey": "{token}", "Content": "{text}"}'}, "{phone}"),
        ({"body": '{"ApiKey": "{token}", "to": "{phone}", "text": "{text}"'}, "not JSON"),
        ({"body": '{"to": "{phone}", "text": "{text}"}'}, "token_file"),
        ({"token_file": ""}, "token_file"),
        ({"content_type": "text/xml"}, "content_type"),
        ({"success_values": ()}, "success_field"),
        ({"url": "ftp://{phone}"}, "http"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_start(
    fixture: SmsFixture, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        check(msgspec.structs.replace(fixture.settings, **changes))
