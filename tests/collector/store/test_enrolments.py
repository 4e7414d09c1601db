"""A code becomes a token once; the log of who did what is only added to."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Engine, delete, select, text, update
from sqlalchemy.exc import IntegrityError

from thongsuot_collector.errors import TokenError
from thongsuot_collector.store import audit, enrolments, people, tokens
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.enrolments import EnrolmentRefused, digest_of_code, new_code
from thongsuot_collector.store.identity_tables import ENROLMENTS
from thongsuot_collector.store.tables import AUDIT
from thongsuot_schema.enrolment import EnrolmentRefusalReason

DAY_NS = 86_400 * 10**9
SITE = "hoan-kiem"
DEVICE = "device:192.0.2.7"


@pytest.fixture
def store(open_each_store: Callable[[], Engine]) -> Engine:
    return open_each_store()


@pytest.fixture
def store_file(tmp_path: Path) -> Iterator[Engine]:
    """A store as a file."""
    engine = open_store(tmp_path / "store.sqlite")
    yield engine
    engine.dispose()


def code(store: Engine, text: str, *, site: str = SITE, valid_ns: int = DAY_NS) -> bytes:
    digest = tokens.digest_of(text.encode())
    enrolments.create(store, site, digest, expires_ns=time.time_ns() + valid_ns)
    return digest


def token(text: str) -> bytes:
    return tokens.digest_of(text.encode())


def refused(
    store: Engine, code_digest: bytes, token_digest: bytes, site: str = ""
) -> EnrolmentRefusalReason:
    with pytest.raises(EnrolmentRefused) as caught:
        enrolments.use(store, code_digest, token_digest, site=site, by=DEVICE)
    return caught.value.why


def test_a_code_becomes_a_token_of_its_site_and_ends_those_before(store: Engine) -> None:
    before = tokens.create(store, SITE)
    other = tokens.create(store, "ba-dinh")
    enrolment_code = code(store, "a")
    enrolled = enrolments.use(store, enrolment_code, token("t"), site=SITE, by=DEVICE)
    assert (enrolled.site, enrolled.revoked, enrolled.repeated) == (SITE, 1, False)
    assert tokens.site_of(store, token("t")) == SITE
    assert tokens.site_of(store, token(before)) is None
    assert tokens.site_of(store, token(other)) == "ba-dinh"


def test_a_used_code_is_refused_except_for_repeating_a_lost_answer(store: Engine) -> None:
    enrolment_code = code(store, "a")
    enrolments.use(store, enrolment_code, token("t"), site="", by=DEVICE)
    assert enrolments.use(store, enrolment_code, token("t"), site="", by=DEVICE).repeated
    assert refused(store, enrolment_code, token("another")) is EnrolmentRefusalReason.USED
    assert tokens.site_of(store, token("t")) == SITE
    # Once its token is revoked, a code does not bring it back.
    tokens.revoke(store, SITE)
    assert refused(store, enrolment_code, token("t")) is EnrolmentRefusalReason.USED
    assert tokens.site_of(store, token("t")) is None


def test_a_code_used_many_times_at_once_is_granted_once(store: Engine) -> None:
    enrolment_code = code(store, "a")

    def use(number: int) -> EnrolmentRefusalReason | None:
        try:
            enrolments.use(store, enrolment_code, token(f"t{number}"), site="", by=DEVICE)
        except EnrolmentRefused as refusal:
            return refusal.why
        return None

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(use, range(16)))
    assert outcomes.count(None) == 1
    assert outcomes.count(EnrolmentRefusalReason.USED) == 15
    assert len([row for row in tokens.listed(store) if row.revoked_ns is None]) == 1
    assert [row.action for row in audit.listed(store)].count("enrolled") == 1


def test_of_codes_made_and_used_at_once_one_is_good_and_brings_one_token(
    open_each_store: Callable[[], Engine],
) -> None:
    stores = (open_each_store(), open_each_store())
    begin = Barrier(8)

    def make(site: str, number: int) -> bytes:
        begin.wait()
        return code(stores[number % 2], f"{site}-{number}", site=site)

    def use(site: str, number: int, digest: bytes) -> EnrolmentRefusalReason | None:
        begin.wait()
        try:
            own = token(f"{site}-{number}")
            enrolments.use(stores[number % 2], digest, own, site=site, by=DEVICE)
        except EnrolmentRefused as refusal:
            return refusal.why
        return None

    for site in (f"site-{number}" for number in range(20)):
        with ThreadPoolExecutor(8) as pool:
            digests = list(pool.map(make, [site] * 8, range(8)))
            outcomes = list(pool.map(use, [site] * 8, range(8), digests))
        assert outcomes.count(None) == 1
        assert outcomes.count(EnrolmentRefusalReason.REPLACED) == 7
        assert len([row for row in tokens.listed(stores[0], site) if not row.revoked_ns]) == 1


def test_one_token_for_the_codes_of_several_sites_at_once_is_granted_once(
    open_each_store: Callable[[], Engine],
) -> None:
    stores = (open_each_store(), open_each_store())
    begin = Barrier(4)

    def use(number: int, digest: bytes, name: str) -> EnrolmentRefusalReason | None:
        begin.wait()
        try:
            enrolments.use(stores[number % 2], digest, token(name), site="", by=DEVICE)
        except EnrolmentRefused as refusal:
            return refusal.why
        return None

    for name in (f"token-{number}" for number in range(20)):
        digests = [code(stores[0], f"{name}-{n}", site=f"{name}-{n}") for n in range(4)]
        with ThreadPoolExecutor(4) as pool:
            outcomes = list(pool.map(use, range(4), digests, [name] * 4))
        assert outcomes.count(None) == 1
        assert outcomes.count(EnrolmentRefusalReason.TOKEN_TAKEN) == 3


def test_expired_replaced_and_unknown_codes_are_refused_and_distinguished(store: Engine) -> None:
    assert refused(store, b"never made", token("t")) is EnrolmentRefusalReason.UNKNOWN
    assert (
        refused(store, code(store, "old", valid_ns=-1), token("t"))
        is EnrolmentRefusalReason.EXPIRED
    )
    first, second = code(store, "first"), code(store, "second")
    assert refused(store, first, token("t")) is EnrolmentRefusalReason.REPLACED
    assert enrolments.use(store, second, token("t"), site="", by=DEVICE).site == SITE


def test_a_code_for_another_site_is_refused_and_stays_good(store: Engine) -> None:
    enrolment_code = code(store, "a")
    assert (
        refused(store, enrolment_code, token("t"), site="ba-dinh")
        is EnrolmentRefusalReason.WRONG_SITE
    )
    assert enrolments.use(store, enrolment_code, token("t"), site=SITE, by=DEVICE).site == SITE


def test_nobody_gets_a_second_site_with_a_token_that_is_known(store: Engine) -> None:
    secret = tokens.create(store, "ba-dinh")
    enrolment_code = code(store, "a")
    assert refused(store, enrolment_code, token(secret)) is EnrolmentRefusalReason.TOKEN_TAKEN
    assert tokens.site_of(store, token(secret)) == "ba-dinh"
    assert enrolments.use(store, enrolment_code, token("t"), site="", by=DEVICE).site == SITE


def test_revoking_a_site_takes_its_unused_codes_back(store: Engine) -> None:
    enrolment_code = code(store, "a")
    tokens.revoke(store, SITE)
    assert refused(store, enrolment_code, token("t")) is EnrolmentRefusalReason.REPLACED
    with pytest.raises(TokenError):
        tokens.revoke(store, SITE)


def test_the_store_holds_neither_code_nor_token(store_file: Engine, tmp_path: Path) -> None:
    enrolment_code = code(store_file, "A-CODE-IN-THE-CLEAR")
    enrolments.use(store_file, enrolment_code, token("A-TOKEN-IN-THE-CLEAR"), site="", by=DEVICE)
    for path in tmp_path.iterdir():
        assert b"IN-THE-CLEAR" not in path.read_bytes(), path
    with store_file.connect() as connection:
        assert connection.execute(select(ENROLMENTS.c.digest)).scalar_one() == enrolment_code


def test_every_change_leaves_a_line_with_who_and_what(store: Engine) -> None:
    secret = tokens.create(store, SITE)
    enrolments.use(store, code(store, "a"), token("t"), site="", by=DEVICE)
    password = people.put(store, "lan", "Trần Thị Lan")
    people.revoke(store, "lan")
    tokens.revoke(store, SITE)
    lines = audit.listed(store)
    assert [(row.action, row.subject) for row in lines] == [
        ("token_created", SITE),
        ("code_created", SITE),
        ("enrolled", SITE),
        ("person_added", "lan"),
        ("person_removed", "lan"),
        ("token_revoked", SITE),
    ]
    assert lines[2].by == DEVICE
    assert lines[0].by == audit.operator()
    assert lines[0].by.startswith("shell:")
    text = repr(lines)
    assert secret not in text
    assert password not in text
    assert [row.action for row in audit.listed(store, subject=SITE, limit=1)] == ["token_revoked"]


def test_failed_changes_are_not_logged(store: Engine) -> None:
    with pytest.raises(TokenError):
        tokens.revoke(store, SITE)
    with pytest.raises(TokenError):
        people.revoke(store, "lan")
    refused(store, b"never made", token("t"))
    assert audit.listed(store) == []
    enrolment_code = code(store, "a")
    refused(store, enrolment_code, token("t"), site="ba-dinh")
    assert audit.listed(store)[-1].action == "enrolment_refused"
    assert audit.listed(store)[-1].detail.endswith("wrong_site")


def test_a_line_is_neither_changed_nor_removed(store: Engine) -> None:
    tokens.create(store, SITE)
    before = audit.listed(store)
    for statement in (update(AUDIT).values(by="nobody"), delete(AUDIT)):
        with pytest.raises(IntegrityError, match="only added to"), store.begin() as connection:
            connection.execute(statement)
    assert audit.listed(store) == before


def test_a_store_from_before_there_were_codes_keeps_its_tokens(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    engine = open_store(path)
    secret = tokens.create(engine, SITE)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE audit"))
        connection.execute(text("DROP TABLE enrolments"))
        connection.execute(text("UPDATE store_version SET version = 5"))
    engine.dispose()
    engine = open_store(path)
    assert tokens.site_of(engine, token(secret)) == SITE
    assert enrolments.use(engine, code(engine, "a"), token("t"), site="", by=DEVICE).revoked == 1
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(delete(AUDIT))
    engine.dispose()


def test_codes_differ_and_can_be_read_aloud() -> None:
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    for code in codes:
        assert len(code) == len("TSE-7K2M-9QXA-0BCD-E3FG-HJ5N")
        assert not set(code.removeprefix("TSE-")) & set("ILOU")


@pytest.mark.parametrize(
    "typed",
    ["tse-7k2m-9qxa-0bcd-e3fg-hj51", "7K2M 9QXA OBCD E3FG HJ5L", " TSE7K2M9QXA0BCDE3FGHJ5I\n"],
)
def test_how_a_code_is_typed_does_not_matter(typed: str) -> None:
    assert digest_of_code(typed) == digest_of_code("TSE-7K2M-9QXA-0BCD-E3FG-HJ51")


def test_another_code_has_another_hash() -> None:
    assert digest_of_code("TSE-7K2M-9QXA-0BCD-E3FG-HJ51") != digest_of_code(
        "TSE-7K2M-9QXA-0BCD-E3FG-HJ52"
    )
    # A code that happens to begin like the prefix is not cut.
    assert digest_of_code("TSE-TSEM-9QXA-0BCD-E3FG-HJ51") == digest_of_code(
        "TSEM-9QXA-0BCD-E3FG-HJ51"
    )
