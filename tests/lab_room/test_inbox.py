"""The inbox takes what is signed and new, as the page of webhooks says a receiver does."""

import time
from pathlib import Path

from tests.collector.notify.incident_events import (
    city_inventory,
    cut_fibre,
    message_of,
    steady_city,
)
from thongsuot_collector.notify.channels.webhook.channel import encode_body
from thongsuot_collector.notify.channels.webhook.signature import sign_body
from thongsuot_lab.inbox import Inbox, read_messages

SECRET = "sesame"


def test_what_is_signed_and_new_is_kept_and_the_rest_is_not(tmp_path: Path) -> None:
    made = steady_city(city_inventory())
    body = encode_body(message_of(cut_fibre(made), made), time.time_ns())
    file = tmp_path / "letters.jsonl"
    assert list(read_messages(file)) == []
    inbox = Inbox(file, SECRET)
    now_s = int(time.time())
    good = sign_body(body, [SECRET], at_s=now_s)
    assert inbox.accept_message(good, "a", body)[0] == 200
    assert inbox.accept_message(good, "a", body) == (200, "had it")
    assert inbox.accept_message(good, "b", body + b" ")[0] == 401
    assert inbox.accept_message(sign_body(body, ["other"], at_s=now_s), "c", body)[0] == 401
    assert inbox.accept_message(sign_body(body, [SECRET], at_s=now_s - 3_600), "d", body)[0] == 401
    assert inbox.accept_message(sign_body(b"{}", [SECRET], at_s=now_s), "e", b"{}")[0] == 400
    (letter,) = read_messages(file)
    assert (letter.body.kind, letter.body.audience.name) == ("opened", "vnpt")
    assert abs(letter.arrived_s - now_s) < 60
    # Whoever is started again knows what was there.
    assert Inbox(file, SECRET).accept_message(good, letter.body.delivery, body) == (200, "had it")
