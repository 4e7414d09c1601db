"""Links of answers: each is for one answer of one party, and nobody can make another."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from thongsuot_collector.incidents.answer import AnswerKind
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.notify.dispatch.answer_links import GOOD_FOR_S, AnswerLinks
from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks
from thongsuot_schema.segment import Party

VNPT = ResponsibleParty(Party.CARRIER, "vnpt")
INCIDENT = "20261125-0a1b2c3d"


def links(secret: bytes = b"secret" * 6) -> AnswerLinks:
    return AnswerLinks(IncidentLinks("https://a.example/", secret))


def tokens(made: AnswerLinks) -> dict[AnswerKind, str]:
    urls = made.urls(INCIDENT, VNPT, number=3, issued_ns=1_000 * NS_PER_S)
    prefix = "https://a.example/answers/"
    assert all(url.startswith(prefix) for _, url in urls)
    return {kind: url.removeprefix(prefix) for kind, url in urls}


def test_each_answer_has_a_link_of_its_own_that_says_for_whom_and_of_what() -> None:
    made = tokens(links())
    assert list(made) == list(AnswerKind)
    assert len(set(made.values())) == len(AnswerKind)
    for kind, token in made.items():
        grant = links().grant(token)
        assert grant is not None
        assert (grant.incident, grant.party, grant.number) == (INCIDENT, VNPT, 3)
        assert (grant.kind, grant.until_s) == (kind, 1_000 + GOOD_FOR_S)
        assert len(token) < 200


def test_a_link_that_was_changed_or_is_of_another_collector_is_none() -> None:
    token = tokens(links())[AnswerKind.ACCEPTED]
    encoded, _, signature = token.partition(".")
    text = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).replace(b"vnpt", b"fpt")
    forged = urlsafe_b64encode(text).decode().rstrip("=")
    for wrong in (f"{forged}.{signature}", token[:-1], encoded, "", ".", "ä.ä", "%00", "a" * 5_000):
        assert links().grant(wrong) is None, wrong
    assert links(b"another" * 5).grant(token) is None


def test_the_key_of_an_incident_page_is_not_valid_as_an_answer() -> None:
    signer = IncidentLinks("https://a.example/", b"secret" * 6)
    text = f"{INCIDENT} {VNPT} 3 accepted 9999999999"
    encoded = urlsafe_b64encode(text.encode()).decode().rstrip("=")
    assert AnswerLinks(signer).grant(f"{encoded}.{signer.key(text)}") is None


def test_where_people_cannot_open_pages_there_are_no_links() -> None:
    for nowhere in (IncidentLinks("", b"secret" * 6), IncidentLinks("https://a.example")):
        assert AnswerLinks(nowhere).urls(INCIDENT, VNPT, number=1, issued_ns=0) == ()
