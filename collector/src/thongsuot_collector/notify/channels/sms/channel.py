"""
SMS through the gateway of a provider, over HTTP.

Each gateway has an API of its own: a URL and a body with placeholders in braces define the request,
and a field of the answer shows whether the message was accepted.
"""

import json
import re
from collections.abc import Callable
from typing import Annotated, Any, Final
from urllib.parse import quote

import msgspec

from thongsuot_collector.clients import read_secret
from thongsuot_collector.notify.channels.sms.short_text import (
    Diacritics,
    count_messages,
    fit,
    without_diacritics,
)
from thongsuot_collector.notify.contract import ChannelKind
from thongsuot_collector.notify.http.client import (
    HttpChannelSettings,
    HttpClient,
    HttpReply,
    check_http,
    check_url,
)
from thongsuot_collector.notify.message import ChannelOutcome, ChannelResult, PeopleMessage
from thongsuot_collector.notify.recipients import combined_result, pending_recipients
from thongsuot_schema.localizable import Localizable

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"

_PLACES: Final = ("phone", "text", "token", "key")
_PLACE: Final = re.compile(r"\{(phone|text|token|key)\}")
_ANSWER_CHARACTERS: Final = 100

MOST_MESSAGES: Final = 6


class Settings(HttpChannelSettings, frozen=True, kw_only=True):
    """
    One ``[[channels]]`` of kind ``sms``.

    ``url`` and ``body`` may hold ``{phone}``, ``{text}``, ``{token}`` (the content of
    ``token_file``) and ``{key}`` (the same for the same message, however often it is sent). Without
    a ``body`` the request is a GET; with one it is a POST as ``content_type``: JSON, or a form. A
    text is at most ``most_messages`` short messages; ``diacritics``: ``kept``, removed if that
    makes fewer messages (``saving``), or ``never`` kept. ``country_code`` replaces the leading 0 of
    numbers, with or without a plus, as the gateway wants it. ``success_field`` of a JSON answer has
    one of ``success_values`` if the message was accepted (a dot selects a field of an object;
    without it a 2xx is enough), or one of ``refused_values`` if this number or text is at fault,
    not the gateway.
    """

    url: str
    body: str = ""
    content_type: str = JSON
    token_file: str = ""
    most_messages: Annotated[int, msgspec.Meta(ge=1, le=MOST_MESSAGES)] = 1
    diacritics: Diacritics = Diacritics.SAVING
    country_code: Annotated[str, msgspec.Meta(pattern=r"^\+?[0-9]*$")] = "84"
    success_field: str = ""
    success_values: tuple[str, ...] = ()
    refused_values: tuple[str, ...] = ()


def check(settings: Settings) -> None:
    """Reject settings that cannot work: see ``ChannelKind``."""
    check_http(settings)
    check_url(_PLACE.sub("0", settings.url))
    asked = settings.url + settings.body
    for place in ("phone", "text"):
        if f"{{{place}}}" not in asked:
            raise ValueError(
                Localizable("neither url nor body has the placeholder {{{place}}}", place=place)
            )
    if ("{token}" in asked) is not bool(settings.token_file):
        raise ValueError(Localizable("{{token}} and token_file belong together"))
    if settings.token_file:
        read_secret(settings.token_file)
    if settings.content_type not in {JSON, FORM}:
        raise ValueError(Localizable("content_type is {json} or {form}", json=JSON, form=FORM))
    if settings.body and settings.content_type == JSON:
        try:
            json.loads(_filled(settings.body, dict.fromkeys(_PLACES, "0"), _in_json))
        except ValueError as error:
            raise ValueError(Localizable("the body is not JSON: {why}", why=error)) from error
    if bool(settings.success_field) is not bool(settings.success_values):
        raise ValueError(Localizable("success_field and success_values belong together"))


class SmsChannel:
    """The channel; see ``Channel`` and ``ReadByPeople``."""

    display_name = "sms"
    is_read_by_people = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._token = read_secret(settings.token_file) if settings.token_file else ""
        written = (self._token, _in_url(self._token), _in_json(self._token))
        self._client = HttpClient(settings, secrets=tuple(filter(None, written)))

    async def send(self, message: PeopleMessage) -> ChannelResult:
        """Send to each of a party's numbers that does not have it yet."""
        phones = (message.address,) if message.address else message.contact.phones
        if not phones:
            return ChannelResult(
                outcome=ChannelOutcome.REJECTED,
                text=f"the inventory has no telephone number of {message.audience}",
            )
        text = sms_text(message, self._settings)
        results = {
            phone: self._result(await self._send(phone, text, message.key))
            for phone in pending_recipients(message, phones)
        }
        return combined_result(message, phones, results)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _send(self, phone: str, text: str, key: str) -> HttpReply:
        settings = self._settings
        values = {
            "phone": dialled(phone, settings.country_code),
            "text": text,
            "token": self._token,
            "key": f"{key}:{phone}",
        }
        url = _filled(settings.url, values, _in_url)
        if not settings.body:
            return await self._client.request("GET", url)
        written = _in_json if settings.content_type == JSON else _in_url
        body = _filled(settings.body, values, written).encode()
        headers = {"Content-Type": settings.content_type}
        return await self._client.request("POST", url, body=body, headers=headers)

    def _result(self, reply: HttpReply) -> ChannelResult:
        """Return the meaning of an answer: many gateways answer 200 with an error in the body."""
        if reply.outcome is not ChannelOutcome.DELIVERED or not self._settings.success_field:
            return reply.channel_result()
        answer = reply.decode_body(dict[str, Any])
        if isinstance(answer, HttpReply):
            return answer.channel_result()
        value = _value_at(answer, self._settings.success_field)
        if value in self._settings.success_values:
            return reply.channel_result()
        outcome = (
            ChannelOutcome.REJECTED
            if value in self._settings.refused_values
            else ChannelOutcome.CHANNEL_UNAVAILABLE
        )
        shown_answer = self._client.scrubber.scrub(json.dumps(answer, ensure_ascii=False))
        text = f"not taken: {shown_answer[:_ANSWER_CHARACTERS]}"
        return ChannelResult(outcome=outcome, text=text)


def sms_text(message: PeopleMessage, settings: Settings) -> str:
    """
    Return the text to send: the title, with the fault, the circuit, the onset and the place.

    The URL of the incident's page follows if it does not need another message; text without
    diacritics that saves a message leaves more room for it.
    """
    most, diacritics = settings.most_messages, settings.diacritics
    title = fit(message.title, most=most, diacritics=diacritics)
    page = message.page_url
    if page:
        whole = f"{message.title} {page}"
        linked = fit(whole, most=most, diacritics=diacritics)
        is_whole = linked in {whole, without_diacritics(whole)}
        if is_whole and count_messages(linked) <= count_messages(title):
            return linked
    return title


def dialled(phone: str, country_code: str) -> str:
    """Return a number as the gateway wants it: ``0912 345 678`` is ``84912345678``."""
    digits = "".join(character for character in phone if character.isdigit())
    bare = country_code.removeprefix("+")
    if not bare:
        return f"+{digits}" if phone.strip().startswith("+") else digits
    if phone.strip().startswith("+"):
        return f"+{digits}" if country_code.startswith("+") else digits
    return country_code + digits[1:] if digits.startswith("0") else digits


def _filled(template: str, values: dict[str, str], written: Callable[[str], str]) -> str:
    """Return a template with its placeholders filled in one pass: a value may contain braces."""
    return _PLACE.sub(lambda place: written(values[place[1]]), template)


def _in_url(value: str) -> str:
    return quote(value, safe="")


def _in_json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _value_at(answer: dict[str, Any], path: str) -> str:
    value: Any = answer
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return str(value).lower() if isinstance(value, bool) else str(value)


CHANNEL = ChannelKind(
    settings=Settings,
    check=check,
    make=SmsChannel,
    notifies="people by SMS, through a gateway that takes HTTP",
    delivered_when="the gateway takes it",
    recognises_by="our own record of each number, and `{key}` where the gateway knows it",
)
