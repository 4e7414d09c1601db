"""The audit log in words: actions and their authors."""

import re
from typing import Final

from thongsuot_collector.store.audit import AuditAction
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.web.sign_in.labels import ROLES
from thongsuot_schema.words.language import Language, Text

ACTIONS: Final[dict[AuditAction, Text]] = {
    AuditAction.TOKEN_CREATED: Text("collector.audit.token_created"),
    AuditAction.TOKEN_REVOKED: Text("collector.audit.token_revoked"),
    AuditAction.CODE_CREATED: Text("collector.audit.code_created"),
    AuditAction.CODE_VOIDED: Text("collector.audit.code_voided"),
    AuditAction.ENROLLED: Text("collector.audit.enrolled"),
    AuditAction.ENROLMENT_REFUSED: Text("collector.audit.enrolment_refused"),
    AuditAction.AUTHORITY_CREATED: Text("collector.audit.authority_created"),
    AuditAction.AUTHORITY_RENEWED: Text("collector.audit.authority_renewed"),
    AuditAction.CERTIFICATE_ISSUED: Text("collector.audit.certificate_issued"),
    AuditAction.CERTIFICATE_REVOKED: Text("collector.audit.certificate_revoked"),
    AuditAction.CERTIFICATE_REFUSED: Text("collector.audit.certificate_refused"),
    AuditAction.PERSON_ADDED: Text("collector.audit.person_added"),
    AuditAction.PERSON_REMOVED: Text("collector.audit.person_removed"),
    AuditAction.PERSON_CHANGED: Text("collector.audit.person_changed"),
    AuditAction.PERSON_SIGNED_IN: Text("collector.audit.person_signed_in"),
    AuditAction.SESSIONS_ENDED: Text("collector.audit.sessions_ended"),
    AuditAction.PASSWORD_CHANGED: Text("collector.audit.password_changed"),
    AuditAction.SECOND_FACTOR_ADDED: Text("collector.audit.second_factor_added"),
    AuditAction.SECOND_FACTOR_REMOVED: Text("collector.audit.second_factor_removed"),
    AuditAction.RECOVERY_CODES_CREATED: Text("collector.audit.recovery_codes_created"),
    AuditAction.RECOVERY_CODE_USED: Text("collector.audit.recovery_code_used"),
    AuditAction.DESK_KEY_CREATED: Text("collector.audit.desk_key_created"),
    AuditAction.DESK_KEY_REVOKED: Text("collector.audit.desk_key_revoked"),
    AuditAction.API_TOKEN_CREATED: Text("collector.audit.api_token_created"),
    AuditAction.API_TOKEN_REVOKED: Text("collector.audit.api_token_revoked"),
    AuditAction.WORK_PLANNED: Text("collector.audit.work_planned"),
    AuditAction.WORK_TAKEN_BACK: Text("collector.audit.work_taken_back"),
    AuditAction.WORK_PROPOSED: Text("collector.audit.work_proposed"),
    AuditAction.WORK_CONFIRMED: Text("collector.audit.work_confirmed"),
    AuditAction.WORK_REFUSED: Text("collector.audit.work_refused"),
    AuditAction.INCIDENT_COMMENTED: Text("collector.audit.incident_commented"),
    AuditAction.INCIDENT_MERGED: Text("collector.audit.incident_merged"),
    AuditAction.INCIDENT_SPLIT: Text("collector.audit.incident_split"),
    AuditAction.INCIDENT_CLOSED: Text("collector.audit.incident_closed"),
    AuditAction.INCIDENT_REOPENED: Text("collector.audit.incident_reopened"),
    AuditAction.INCIDENT_TAKEN_ON: Text("collector.audit.incident_taken_on"),
    AuditAction.INCIDENT_ACCEPTED: Text("collector.audit.incident_accepted"),
    AuditAction.INCIDENT_REFUSED: Text("collector.audit.incident_refused"),
    AuditAction.INCIDENT_END_EXPECTED: Text("collector.audit.incident_end_expected"),
    AuditAction.INCIDENT_MENDED: Text("collector.audit.incident_mended"),
    AuditAction.INCIDENT_RULED: Text("collector.audit.incident_ruled"),
    AuditAction.PROBLEM_REPORTED: Text("collector.audit.problem_reported"),
    AuditAction.PROBLEM_ANSWERED: Text("collector.audit.problem_answered"),
    AuditAction.DEAD_LETTERS_RETRIED: Text("collector.audit.dead_letters_retried"),
    AuditAction.INVENTORY_CHANGED: Text("collector.audit.inventory_changed"),
    AuditAction.SITE_CONFIG_RENEWED: Text("collector.audit.site_config_renewed"),
    AuditAction.LOSS_ACCEPTED: Text("collector.audit.loss_accepted"),
    AuditAction.FLAW_ACCEPTED: Text("collector.audit.flaw_accepted"),
    AuditAction.SITE_QUARANTINED: Text("collector.audit.site_quarantined"),
    AuditAction.SIGNING_KEY_NOTED: Text("collector.audit.signing_key_noted"),
    AuditAction.SIGNING_KEY_RETIRED: Text("collector.audit.signing_key_retired"),
}
"""Every action of the log."""

_BY: Final[dict[str, Text]] = {
    "shell": Text("collector.audit.by.shell"),
    "device": Text("collector.audit.by.device"),
    "carrier": Text("collector.audit.by.carrier"),
    "file": Text("collector.audit.by.file"),
}
_INVENTORY: Final = Text("collector.audit.inventory")
_STARTED: Final = Text("collector.audit.detail.started")
_SITE_CONFIGS: Final = Text("collector.audit.detail.site_configs")
_ALL: Final = Text("collector.audit.detail.all")
_ID: Final = re.compile(r"(?:token|code) (\w+)")
_COUNTED: Final = re.compile(r"all, (\d+)")
_CONFIGS: Final = re.compile(r"(.*); new site configurations: (\d+) sites")
_WITH_A_ROLE: Final = frozenset(
    {AuditAction.PERSON_ADDED, AuditAction.PERSON_CHANGED, AuditAction.API_TOKEN_CREATED}
)
_CARRIER_PERSON: Final = Text("collector.audit.by.carrier_person")
_COLLECTOR: Final = Text("collector.audit.by.collector")
_ANYBODY: Final = Text("collector.audit.by.anybody")


def author(by: str, language: Language) -> str:
    """Return the author of an action (``AuditLine.by``) for readers."""
    kind, _, name = by.partition(":")
    if by == "collector":
        return _COLLECTOR.read(language)
    if kind == "person":
        return name or _ANYBODY.read(language)
    if kind == "carrier" and " " in name:
        carrier, _, opened_by = name.partition(" ")
        person = opened_by.removeprefix("person:")
        return _CARRIER_PERSON.read(language, name=carrier, person=person)
    known = _BY.get(kind)
    return by if known is None else known.read(language, name=name)


def subject_words(action: str, subject: str, language: Language) -> str:
    """Return the subject of an action; all except the inventory have a name."""
    is_inventory = action == AuditAction.INVENTORY_CHANGED
    return _INVENTORY.read(language) if is_inventory else subject


def detail_words(action: str, detail: str, language: Language) -> str:
    """Return the detail of an action for readers; a person's text unchanged."""
    if action in _WITH_A_ROLE:
        role, _, rest = detail.partition(" ")
        if role in set(PersonRole):
            return ": ".join(filter(None, (ROLES[PersonRole(role)].read(language), rest)))
    if action == AuditAction.INVENTORY_CHANGED and (noted := _CONFIGS.fullmatch(detail)):
        why = _STARTED.read(language) if noted[1] == "as the collector started" else noted[1]
        return f"{why}; {_SITE_CONFIGS.read(language, count=noted[2])}"
    if noted := _COUNTED.fullmatch(detail):
        return _ALL.read(language, count=noted[1])
    # The action already mentions the token or code.
    noted = _ID.fullmatch(detail)
    return detail if noted is None else noted[1]
