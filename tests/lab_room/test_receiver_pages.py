"""What the lab's people see: alerts and tickets as pages, in the reader's language."""

from thongsuot_lab.receiver_pages import MailEntry, alerts_page, mails_page, tickets_page

ALERT: dict[str, object] = {
    "labels": {"alertname": "LinkFault", "severity": "critical"},
    "annotations": {"summary": "Mất kết nối <1>"},
    "startsAt": "2026-11-30T01:51:00Z",
    "generatorURL": "http://127.0.0.1:1/incidents/x",
}


def test_an_alert_is_shown_with_its_labels_and_a_link_to_its_incident() -> None:
    page = alerts_page([ALERT], "vi")
    assert "Mất kết nối &lt;1&gt;" in page
    assert "severity=critical" in page
    assert "Từ 30/11/2026 08:51" in page, "the time of Vietnam, as on all other pages"
    assert 'href="http://127.0.0.1:1/incidents/x"' in page
    assert "Hiện không có cảnh báo nào" in alerts_page([], "vi")


def test_a_system_that_does_not_answer_is_reported_as_silent_not_empty() -> None:
    page = alerts_page(None, "en")
    assert "does not answer" in page
    assert "No alert is active" not in page
    ticket: dict[str, object] = {"id": "TT-1", "status": "inProgress", "description": "x"}
    page = tickets_page({"song-hong": [ticket], "b": None}, "en")
    assert "does not answer" in page
    assert "TT-1" in page
    assert "in progress" in page
    page = tickets_page({"song-hong": [ticket, {"id": "TT-2", "status": "held"}]}, "vi")
    assert "đang xử lý" in page
    assert "inProgress" not in page
    assert "held" in page, "a state that nobody has words for is shown as it is"


def test_the_newest_mail_is_first_and_its_links_can_be_followed() -> None:
    def mail(subject: str, text: str = "") -> MailEntry:
        return MailEntry(
            arrived="08:51:00",
            receiver="Cửu Long",
            subject=subject,
            headlines={"vi": subject, "en": "Down"},
            text=text,
        )

    new = mail("mới", "- Tiếp nhận:\n  http://127.0.0.1/answers/a?b&c")
    page = mails_page("inbox", [mail("cũ"), new], "vi")
    assert page.index("mới") < page.index("cũ")
    assert 'href="http://127.0.0.1/answers/a?b&amp;c"' in page
