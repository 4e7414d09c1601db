"""The inbox takes what is signed and new, as the page of webhooks says a receiver does."""

import time
from pathlib import Path

from tests.collector.notify.making import city, cut, message_of, town
from thongsuot_collector.notify.telling.signature import sign
from thongsuot_collector.notify.webhook import encode
from thongsuot_lab.inbox import Inbox, letters

SECRET = "sesame"


def test_what_is_signed_and_new_is_kept_and_the_rest_is_not(tmp_path: Path) -> None:
    made = town(city())
    body = encode(message_of(cut(made), made), time.time_ns())
    file = tmp_path / "letters.jsonl"
    assert list(letters(file)) == []
    inbox = Inbox(file, SECRET)
    now_s = int(time.time())
    good = sign(body, [SECRET], at_s=now_s)
    assert inbox.take(good, "a", body)[0] == 200
    assert inbox.take(good, "a", body) == (200, "had it")
    assert inbox.take(good, "b", body + b" ")[0] == 401
    assert inbox.take(sign(body, ["other"], at_s=now_s), "c", body)[0] == 401
    assert inbox.take(sign(body, [SECRET], at_s=now_s - 3_600), "d", body)[0] == 401
    assert inbox.take(sign(b"{}", [SECRET], at_s=now_s), "e", b"{}")[0] == 400
    (letter,) = letters(file)
    assert (letter.body.kind, letter.body.audience.name) == ("opened", "vnpt")
    assert abs(letter.arrived_s - now_s) < 60
    # Whoever is started again knows what was there.
    assert Inbox(file, SECRET).take(good, letter.body.delivery, body) == (200, "had it")
