"""
Audit: an append-only log of changes and their authors.

A line is written in the transaction of its change: there is never one without the other.
"""

import os
import pwd
import time
from enum import StrEnum

import msgspec
from sqlalchemy import Connection, Engine, insert, select, text

from thongsuot_collector.store.tables import AUDIT

DETAIL_LIMIT = 500
"""Stored characters of the detail."""


class AuditAction(StrEnum):
    """The actions, a closed list."""

    TOKEN_CREATED = "token_created"  # noqa: S105 - an action, not a secret
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - an action, not a secret
    CODE_CREATED = "code_created"
    CODE_VOIDED = "code_voided"
    ENROLLED = "enrolled"
    ENROLMENT_REFUSED = "enrolment_refused"
    AUTHORITY_CREATED = "authority_created"
    AUTHORITY_RENEWED = "authority_renewed"
    CERTIFICATE_ISSUED = "certificate_issued"
    CERTIFICATE_REVOKED = "certificate_revoked"
    SIGNING_KEY_NOTED = "signing_key_noted"
    SIGNING_KEY_RETIRED = "signing_key_retired"
    CERTIFICATE_REFUSED = "certificate_refused"
    PERSON_ADDED = "person_added"
    PERSON_REMOVED = "person_removed"
    PERSON_CHANGED = "person_changed"
    PERSON_SIGNED_IN = "person_signed_in"
    SESSIONS_ENDED = "sessions_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an action, not a secret
    SECOND_FACTOR_ADDED = "second_factor_added"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    RECOVERY_CODES_CREATED = "recovery_codes_created"
    RECOVERY_CODE_USED = "recovery_code_used"
    DESK_KEY_CREATED = "desk_key_created"
    DESK_KEY_REVOKED = "desk_key_revoked"
    API_TOKEN_CREATED = "api_token_created"  # noqa: S105 - an action, not a secret
    API_TOKEN_REVOKED = "api_token_revoked"  # noqa: S105 - an action, not a secret
    WORK_PLANNED = "work_planned"
    WORK_TAKEN_BACK = "work_taken_back"
    WORK_PROPOSED = "work_proposed"
    WORK_CONFIRMED = "work_confirmed"
    WORK_REFUSED = "work_refused"
    INCIDENT_TAKEN_ON = "incident_taken_on"
    INCIDENT_ACCEPTED = "incident_accepted"
    INCIDENT_REFUSED = "incident_refused"
    INCIDENT_END_EXPECTED = "incident_end_expected"
    INCIDENT_MENDED = "incident_mended"
    INCIDENT_RULED = "incident_ruled"
    INCIDENT_COMMENTED = "incident_commented"
    INCIDENT_MERGED = "incident_merged"
    INCIDENT_SPLIT = "incident_split"
    INCIDENT_CLOSED = "incident_closed"
    INCIDENT_REOPENED = "incident_reopened"
    PROBLEM_REPORTED = "problem_reported"
    PROBLEM_ANSWERED = "problem_answered"
    DEAD_LETTERS_RETRIED = "dead_letters_retried"
    INVENTORY_CHANGED = "inventory_changed"
    SITE_CONFIG_RENEWED = "site_config_renewed"
    LOSS_ACCEPTED = "loss_accepted"
    FLAW_ACCEPTED = "flaw_accepted"
    SITE_QUARANTINED = "site_quarantined"


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """
    One line: ``by`` did ``action`` to ``subject`` (a site, a person, an incident, planned work).

    ``by`` is ``shell:NAME`` for the command line, ``person:NAME`` for a page, ``device:ADDRESS``
    for an enrolment, ``carrier:NAME`` for a carrier's own ticket system, with the key for its desk
    (``carrier:NAME key:ID``), ``file:NAME`` for the owner of an edited file, ``collector`` for its
    own actions. Never a secret.
    """

    id: int
    at_ns: int
    by: str
    action: str
    subject: str
    detail: str


def write(
    connection: Connection, action: AuditAction, subject: str, *, by: str = "", detail: str = ""
) -> None:
    """Add a line, inside the caller's transaction; ``by`` defaults to the user of this process."""
    connection.execute(
        insert(AUDIT).values(
            at_ns=time.time_ns(),
            by=by or operator(),
            action=action.value,
            subject=subject,
            detail=detail[:DETAIL_LIMIT],
        )
    )


def listed(engine: Engine, *, subject: str = "", limit: int | None = None) -> list[AuditLine]:
    """Return all lines, or the newest ``limit``, or those about a subject; oldest first."""
    wanted = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)
    if subject:
        wanted = wanted.where(AUDIT.c.subject == subject)
    with engine.connect() as connection:
        lines = [AuditLine(**row) for row in connection.execute(wanted).mappings()]
    return lines[::-1]


def operator() -> str:
    """
    Return the user of this process, according to the system and ``sudo``.

    Anyone who may write to the store can forge it: it identifies honest people, and stops nobody.
    """
    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:  # a user without an account, as in a container
        name = str(number)
    before = os.environ.get("SUDO_USER", "")
    return f"shell:{name} (sudo by {before})" if before else f"shell:{name}"


def seal(connection: Connection) -> None:
    """Make the database refuse to change or remove a line."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql "
            "AS $$ BEGIN RAISE EXCEPTION 'the audit log is only added to' "
            "USING ERRCODE = 'restrict_violation'; END $$"
        )
        for verb in ("UPDATE", "DELETE", "TRUNCATE"):
            connection.exec_driver_sql(
                f"CREATE OR REPLACE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
                "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to()"
            )
        return
    for verb in ("UPDATE", "DELETE"):
        connection.execute(
            text(
                f"CREATE TRIGGER IF NOT EXISTS audit_no_{verb.lower()} BEFORE {verb} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END"
            )
        )
