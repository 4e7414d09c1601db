"""
One-time codes in the store: each can be exchanged once for the token of one site, before it
expires.

A code is kept as a hash. A new one for a site replaces the previous one; using one revokes all
earlier tokens and certificates of the site, because a device that is enrolled again was re-imaged
or replaced.
"""

import hashlib
import secrets
import time
from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, Engine, RowMapping, func, insert, select, update

from thongsuot_collector.store import audit, certificates, tokens
from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.identity_tables import ENROLMENTS, TOKENS
from thongsuot_schema.enrolment import EnrolmentRefusalReason

PREFIX = "TSE"
"""Lets people and secret scanners identify a code."""

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""

_LENGTH = 20
_GROUP = 4
_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_code() -> str:
    """Return a new code, as in ``TSE-7K2M-9QXA-0BCD-E3FG-HJ5N``."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    groups = (letters[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))
    return "-".join((PREFIX, *groups))


def digest_of_code(text: str) -> bytes:
    """
    Return the stored hash of a code, in any accepted spelling.

    Lower case, blanks, dashes, a missing prefix, O for 0, I and L for 1 are accepted. An invalid
    text gets a hash that no code has.
    """
    letters = "".join(letter for letter in text.upper() if letter.isalnum())
    if len(letters) == len(PREFIX) + _LENGTH:
        letters = letters.removeprefix(PREFIX)
    return hashlib.sha256(letters.translate(_MEANT).encode()).digest()


SENTENCE = {
    EnrolmentRefusalReason.UNKNOWN: "this code is not known here; look for a slip in typing",
    EnrolmentRefusalReason.EXPIRED: "this code has run out; ask for a new one",
    EnrolmentRefusalReason.REPLACED: (
        "this code was replaced by a newer one, or taken back; use the newest"
    ),
    EnrolmentRefusalReason.USED: (
        "this code was used already, and a code works once; ask for a new one"
    ),
    EnrolmentRefusalReason.WRONG_SITE: (
        "this code is for another site than the agent's configuration says"
    ),
    EnrolmentRefusalReason.TOKEN_TAKEN: "this token is known already; begin again with a new one",
}


class EnrolmentRefused(Exception):
    """A code was not accepted; ``why`` is the reason."""

    def __init__(self, why: EnrolmentRefusalReason) -> None:
        self.why = why
        super().__init__(SENTENCE[why])


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """
    A site has a new token. ``revoked`` counts its earlier tokens; ``repeated``: the same request
    again. ``certificate`` is PEM, empty if none was requested or none is issued.
    """

    site: str
    revoked: int
    repeated: bool
    certificate: str = ""


Certify = Callable[[Connection, str, bool], str]
"""
Returns the certificate of a site that is enrolled, inside the transaction that enrols it; the last
argument says whether it was enrolled before by the same request.
"""


def _uncertified(_connection: Connection, _site: str, _repeated: bool) -> str:
    return ""


def create(engine: Engine, site: str, code_digest: bytes, *, expires_ns: int) -> str:
    """Store a code for a site; earlier ones become invalid. Returns the name of the code."""
    name = secrets.token_hex(4)
    with engine.begin() as connection:
        tokens.lock_codes(connection)
        now_ns = time.time_ns()
        tokens.void_codes(connection, site, now_ns)
        connection.execute(
            insert(ENROLMENTS).values(
                id=name,
                site=site,
                digest=code_digest,
                created_ns=now_ns,
                expires_ns=expires_ns,
            )
        )
        audit.write(connection, AuditAction.CODE_CREATED, site, detail=f"code {name}")
    return name


def use(
    engine: Engine,
    code_digest: bytes,
    token_digest: bytes,
    *,
    site: str,
    by: str,
    certify: Certify = _uncertified,
) -> Enrolment:
    """
    Exchange a code for a token of its site; a repeated request with the same two gets the same
    result.

    ``site`` is the site in the device's settings, empty if unknown.

    Raises:
        EnrolmentRefused: the code is invalid, or not for this site.
    """
    # Unauthenticated requests only read the store: an unknown code is refused before any write.
    with engine.connect() as connection:
        known = _code(connection, code_digest)
    if known is None:
        raise EnrolmentRefused(EnrolmentRefusalReason.UNKNOWN)
    try:
        with engine.begin() as connection:
            tokens.lock_codes(connection)
            # A code may expire while others are used.
            now_ns = time.time_ns()
            done = _use(connection, known, token_digest, site=site, by=by, now_ns=now_ns)
            certificate = certify(connection, done.site, done.repeated)
            return msgspec.structs.replace(done, certificate=certificate)
    except EnrolmentRefused as refused:
        with engine.begin() as connection:
            audit.write(
                connection,
                AuditAction.ENROLMENT_REFUSED,
                known["site"],
                by=by,
                detail=f"code {known['id']}: {refused.why}",
            )
        raise


def _use(
    connection: Connection,
    known: RowMapping,
    token_digest: bytes,
    *,
    site: str,
    by: str,
    now_ns: int,
) -> Enrolment:
    if site and site != known["site"]:
        raise EnrolmentRefused(EnrolmentRefusalReason.WRONG_SITE)
    # One statement decides: of two devices with the same code, only one updates a row.
    taken = connection.execute(
        update(ENROLMENTS)
        .where(
            ENROLMENTS.c.id == known["id"],
            ENROLMENTS.c.used_ns.is_(None),
            ENROLMENTS.c.voided_ns.is_(None),
            ENROLMENTS.c.expires_ns > now_ns,
        )
        .values(used_ns=now_ns, token_digest=token_digest)
    ).rowcount
    if not taken:
        return _repeated(connection, known["digest"], token_digest, now_ns)
    if connection.execute(
        select(func.count()).select_from(TOKENS).where(TOKENS.c.digest == token_digest)
    ).scalar_one():
        raise EnrolmentRefused(EnrolmentRefusalReason.TOKEN_TAKEN)
    name: str = known["site"]
    revoked = tokens.revoke_all(connection, name, now_ns)
    certificates.revoke_all(connection, name, now_ns, by=by, why="enrolled again")
    token_id = tokens.add(connection, name, token_digest, now_ns)
    audit.write(
        connection,
        AuditAction.ENROLLED,
        name,
        by=by,
        detail=f"code {known['id']}, token {token_id}; {revoked} revoked",
    )
    return Enrolment(site=name, revoked=revoked, repeated=False)


def _repeated(
    connection: Connection, code_digest: bytes, token_digest: bytes, now_ns: int
) -> Enrolment:
    row = _code(connection, code_digest)
    assert row is not None
    if row["used_ns"] is not None:
        if row["token_digest"] == token_digest:
            good = select(func.count()).select_from(TOKENS)
            good = good.where(TOKENS.c.digest == token_digest, TOKENS.c.revoked_ns.is_(None))
            if connection.execute(good).scalar_one():
                return Enrolment(site=row["site"], revoked=0, repeated=True)
        raise EnrolmentRefused(EnrolmentRefusalReason.USED)
    raise EnrolmentRefused(
        EnrolmentRefusalReason.EXPIRED
        if row["expires_ns"] <= now_ns
        else EnrolmentRefusalReason.REPLACED
    )


def _code(connection: Connection, code_digest: bytes) -> RowMapping | None:
    wanted = select(ENROLMENTS).where(ENROLMENTS.c.digest == code_digest)
    return connection.execute(wanted).mappings().first()
