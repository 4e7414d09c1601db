"""
Receiver pages: mails, alerts and trouble tickets of the lab's people, as pages for a browser.

Vietnamese by default; ``?lang=en`` shows the headings in English. A mail stays in the language in
which its receiver got it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from thongsuot_schema.page.escape import escape
from thongsuot_schema.page.icons import tab_icon
from thongsuot_schema.page.script import SCRIPT
from thongsuot_schema.page.style import STYLE
from thongsuot_schema.state import State
from thongsuot_schema.words.dates import moment

Json = dict[str, object]
"""A document of one of the systems."""

LANGUAGES: Final = ("vi", "en")
REFRESH_S: Final = 5

_WORDS: Final[dict[str, dict[str, str]]] = {
    "vi": {
        "inbox": "Hộp thư",
        "city": "Hộp thư của bộ phận kỹ thuật Thành phố",
        "alerts": "Cảnh báo ở Alertmanager",
        "tickets": "Phiếu sự cố ở nhà mạng",
        "no_inbox": "Chưa có tin nào.",
        "no_city": "Chưa có thư nào.",
        "no_alerts": "Hiện không có cảnh báo nào.",
        "no_tickets": "Chưa có phiếu nào.",
        "to": "Gửi",
        "since": "Từ",
        "incident": "Trang sự cố",
        "unreachable": "Không hỏi được hệ thống này",
        "acknowledged": "đã nhận",
        "pending": "đang chờ",
        "inProgress": "đang xử lý",
        "resolved": "đã khắc phục",
        "closed": "đã đóng",
        "rejected": "từ chối",
        "cancelled": "đã huỷ",
        "other": "English",
    },
    "en": {
        "inbox": "Inbox",
        "city": "Mails of the city's engineers",
        "alerts": "Alerts in Alertmanager",
        "tickets": "Trouble tickets at the carrier",
        "no_inbox": "Nothing has arrived yet.",
        "no_city": "No mail has arrived yet.",
        "no_alerts": "No alert is active now.",
        "no_tickets": "There is no ticket yet.",
        "to": "To",
        "since": "Since",
        "incident": "Page of the incident",
        "unreachable": "This system does not answer",
        "acknowledged": "received",
        "pending": "pending",
        "inProgress": "in progress",
        "resolved": "resolved",
        "closed": "closed",
        "rejected": "rejected",
        "cancelled": "cancelled",
        "other": "Tiếng Việt",
    },
}

_URL: Final = re.compile(r"https?://[^\s<>&\"]+(?:&amp;[^\s<>&\"]+)*")

_STYLE: Final = (
    STYLE
    + "h1{margin:.75rem 0 1rem}.mail{margin:0 0 1rem}.mail a{overflow-wrap:anywhere}"
    + ".mail pre{white-space:pre-wrap;font:inherit;margin:.5rem 0 0}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailEntry:
    """
    One mail: when it came ("HH:MM:SS" in Vietnam), for whom, subject and text.

    ``headlines`` are its topic in each language; empty: the subject is enough.
    """

    arrived: str
    receiver: str
    subject: str
    text: str
    headlines: Mapping[str, str] = field(default_factory=dict)


def language_of(query: str) -> str:
    """Return the language that a query string selects."""
    return "en" if "lang=en" in query.split("&") else "vi"


def mails_page(kind: str, mails: Iterable[MailEntry], language: str) -> str:
    """Return the mails, the newest first; ``kind``: of the ``inbox`` or of the ``city``."""
    words = _WORDS[language]
    cards = [
        f'<article class="card mail"><p><time>{mail.arrived}</time> · {words["to"]}: '
        f"<b>{escape(mail.receiver)}</b></p><h2>{escape(mail.subject)}</h2>"
        f"{_headline(mail, language)}<pre>{_linked(mail.text)}</pre></article>"
        for mail in mails
    ]
    return _page(kind, cards[::-1], language)


def alerts_page(alerts: Sequence[Json] | None, language: str) -> str:
    """Return the alerts of an Alertmanager (its API v2); ``None``: it does not answer."""
    cards = [_alert_card(alert, language) for alert in alerts or ()]
    return _page("alerts", cards, language, is_reachable=alerts is not None)


def tickets_page(tickets: Mapping[str, Sequence[Json] | None], language: str) -> str:
    """Return the tickets (TMF621) at each carrier, the newest first."""
    cards = [
        _ticket_card(carrier, ticket, language)
        for carrier, known in tickets.items()
        for ticket in reversed(known or ())
    ]
    return _page("tickets", cards, language, is_reachable=None not in tickets.values())


def _headline(mail: MailEntry, language: str) -> str:
    """Return the topic of a mail in the reader's language, unless the subject says the same."""
    headline = mail.headlines.get(language, "")
    return "" if headline in mail.subject else f"<p><i>{escape(headline)}</i></p>"


def _alert_card(alert: Json, language: str) -> str:
    words = _WORDS[language]
    labels, annotations = _texts(alert.get("labels")), _texts(alert.get("annotations"))
    title = annotations.get("summary") or labels.get("alertname", "")
    marks = " · ".join(f"{name}={value}" for name, value in sorted(labels.items()))
    link = str(alert.get("generatorURL") or "")
    more = f'<p><a href="{escape(link)}">{words["incident"]}</a></p>' if link else ""
    return (
        f'<article class="card mail"><h2>{escape(title)}</h2>'
        f"<p>{words['since']} {escape(_vietnam_time(str(alert.get('startsAt', ''))))}</p>"
        f"<p>{escape(marks)}</p>{more}</article>"
    )


def _ticket_card(carrier: str, ticket: Json, language: str) -> str:
    status, title = str(ticket.get("status")), str(ticket.get("name", ""))
    return (
        f'<article class="card mail"><p>{escape(carrier)} · <b>{escape(str(ticket.get("id")))}</b>'
        f" · {escape(_WORDS[language].get(status, status))}</p><h2>{escape(title)}</h2>"
        f"<pre>{_linked(str(ticket.get('description', '')))}</pre></article>"
    )


def _vietnam_time(written: str) -> str:
    """Return a time of Alertmanager (RFC 3339, UTC) as all other pages have it."""
    try:
        return moment(datetime.fromisoformat(written).timestamp())
    except ValueError:
        return written


def _texts(table: object) -> dict[str, str]:
    return {str(key): str(value) for key, value in table.items()} if isinstance(table, dict) else {}


def _linked(text: str) -> str:
    """Return text with its URLs as links."""
    escaped = "\n".join(escape(line) for line in text.split("\n"))
    return _URL.sub(lambda match: f'<a href="{match[0]}">{match[0]}</a>', escaped)


def _page(kind: str, cards: Sequence[str], language: str, *, is_reachable: bool = True) -> str:
    words = _WORDS[language]
    other = next(name for name in LANGUAGES if name != language)
    body = "".join(cards) or f'<p class="card">{words[f"no_{kind}"]}</p>'
    if not is_reachable:
        body = f'<p class="note">{words["unreachable"]}</p>{body if cards else ""}'
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{words[kind]}</title><link rel="icon" href="{tab_icon(State.UP)}">'
        f"<style>{_STYLE}</style></head><body>"
        f'<p id="stale" role="status" hidden></p><div id="page" class="wrap"><header>'
        f'<div class="bar"><span class="brand"><span>Thông Suốt lab</span></span>'
        f'<a class="switch" href="?lang={other}" lang="{other}">{words["other"]}</a></div>'
        f"<h1>{words[kind]}</h1></header><main>{body}</main></div>"
        f'<script data-every="{REFRESH_S}">{SCRIPT}</script></body></html>\n'
    )
