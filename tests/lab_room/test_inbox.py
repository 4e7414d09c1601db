"""The inbox takes what is signed and new, as the page of webhooks says a receiver does."""

import html
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.collector.notify.incident_events import (
    city_inventory,
    cut_fibre,
    message_of,
    steady_city,
)
from thongsuot_collector.notify.channels.webhook.channel import DELIVERY_HEADER, encode_body
from thongsuot_collector.notify.channels.webhook.signature import HEADER, sign_body
from thongsuot_lab.inbox import Inbox, read_messages

SECRET = "sesame"


def test_signed_and_new_messages_are_stored_and_others_are_not(tmp_path: Path) -> None:
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


def test_as_a_process_it_takes_messages_and_shows_them_to_people(tmp_path: Path) -> None:
    made = steady_city(city_inventory())
    body = encode_body(message_of(cut_fibre(made), made), time.time_ns())
    (tmp_path / "secret").write_text(f"{SECRET}\n", encoding="ascii")
    command = [sys.executable, "-m", "thongsuot_lab.inbox", "--keep", str(tmp_path / "letters")]
    inbox = subprocess.Popen(
        [*command, "--secret-file", str(tmp_path / "secret")], stdout=subprocess.PIPE, text=True
    )
    with inbox:
        assert inbox.stdout is not None
        url = f"http://127.0.0.1:{inbox.stdout.readline().removeprefix('port ').strip()}/"
        try:
            with httpx.Client(timeout=60, trust_env=False) as client:
                assert "Chưa có tin nào" in client.get(url).text
                assert "Nothing has arrived yet" in client.get(f"{url}?lang=en").text
                assert client.get(f"{url}alerts").status_code == 404
                signature = sign_body(body, [SECRET], at_s=int(time.time()))
                headers = {HEADER: signature, DELIVERY_HEADER: "a"}
                assert client.post(url, content=body, headers=headers).text == "thanks"
                assert client.post(url, content=body, headers=headers).status_code == 200
                assert client.post(url, content=body).status_code == 401
                shown = client.get(url).text
                in_english = client.get(f"{url}?lang=en").text
        finally:
            inbox.terminate()
    (letter,) = read_messages(tmp_path / "letters")
    assert html.escape(letter.body.title) in shown
    assert html.escape(letter.body.incident.title_en) in in_english
    assert html.escape(letter.body.incident.title_en) not in shown
    assert html.escape(letter.body.text.splitlines()[0]) in shown
    assert letter.body.audience.title in shown
