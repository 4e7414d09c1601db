"""The page of the links to a carrier's desk: lists, creates and revokes them. Pure."""

from collections.abc import Iterable

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.store.desk_keys import DeskKey
from thongsuot_collector.web.desk import labels
from thongsuot_collector.web.desk.page import desk_path
from thongsuot_collector.web.forms import NAME_CHARACTERS
from thongsuot_collector.web.incident.reader import PageReader
from thongsuot_collector.web.layout import Frame, render
from thongsuot_schema.state import State
from thongsuot_schema.words.dates import moment
from thongsuot_schema.words.language import Text

_DAYS = 365


def keys_page(
    carrier: str,
    title: str,
    keys: Iterable[DeskKey],
    reader: PageReader,
    *,
    made_url: str,
    mistake: Text | None,
) -> str:
    """Return the whole page; ``made_url`` is the newly created link."""
    language, path = reader.language, f"{desk_path(carrier)}/keys"
    frame = Frame(
        title=labels.KEYS.read(language),
        state=State.UP,
        url_in=lambda other: reader.url(path, other),
        home_url=reader.url(desk_path(carrier)),
        place=title,
    )
    now_ns = round(reader.now_s * NS_PER_S)
    content = {
        "labels": labels,
        "action": reader.url(path),
        "made_url": made_url,
        "mistake": mistake,
        "keys": [
            {
                "id": key.id,
                "title": f"{key.title} ({key.id})" if key.title else key.id,
                "scope": labels.KEY_ACTS if key.may_act else labels.KEY_LOOKS,
                "until": moment(key.expires_ns / NS_PER_S),
                "state": _state(key, now_ns),
                "is_good": key.is_good(now_ns),
            }
            for key in keys
        ],
        "name_characters": NAME_CHARACTERS,
        "days": _DAYS,
    }
    return render("desk_keys", frame, language, content)


def _state(key: DeskKey, now_ns: int) -> Text:
    if key.revoked_ns is not None:
        return labels.KEY_REVOKED
    return labels.KEY_GOOD if key.is_good(now_ns) else labels.KEY_EXPIRED
