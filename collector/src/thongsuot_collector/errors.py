"""
The exceptions of this distribution.

    CollectorError
    ├── JournalError
    │   ├── JournalBusy       more is waiting than memory may hold; answer 503, the agent keeps it
    │   ├── JournalRefused    the disk refused a commit; nothing of the group is kept, answer 503
    │   └── JournalDamaged    the file is broken; the process ends, the next start sets it aside
    ├── UndecodableEntry      a consumer cannot make sense of a batch; it becomes a dead letter
    ├── TokenError            a token cannot be created or revoked; shown to a person as it is
    ├── AuthorityError        no certificate can be issued or revoked; the text says why
    ├── InvalidTestRequest    a test cannot be asked for now; the text says why
    ├── NetboxError           a NetBox cannot be read, or what it says is no inventory
    ├── PrintFailed           a statement or a report cannot be printed; the text says why
    ├── BackupError           a backup cannot be made or put back; the text says why
    └── StoreError            the store is of a newer version, or cannot be opened
        └── Deposed           another collector leads by now; nothing of the decision is kept

A wrong configuration is ``thongsuot_runtime.config_file.ConfigInvalid``.
"""

from enum import StrEnum

from thongsuot_schema.words.language import Text
from thongsuot_schema.words.translations import ENGLISH


class CollectorError(Exception):
    """
    Anything this distribution raises on purpose.

    What a person at a terminal reads in their own language is a message of a catalogue
    (``sentence``); logs have its English.
    """

    def __init__(self, sentence: Text | str = "") -> None:
        self.sentence = sentence
        super().__init__(sentence if isinstance(sentence, str) else sentence.read(ENGLISH))


class JournalError(CollectorError):
    """The journal could not do an operation; nothing was acknowledged."""


class JournalBusy(JournalError):
    """More appends are waiting than memory may hold. Try again later."""


class JournalRefused(JournalError):
    """The disk refused a commit (full, read-only, I/O error). Try again later."""


class JournalDamaged(JournalError):
    """The journal's file is damaged. The process has to end; the next start sets the file aside."""


class UndecodableEntry(CollectorError):
    """A consumer cannot decode an entry. The entry becomes a dead letter; the next one is read."""


class TokenError(CollectorError):
    """A token cannot be created or revoked; the text says why."""


class AuthorityError(CollectorError):
    """The certificate authority cannot be made or used; the text says why and what to do."""


class InvalidTestRequest(CollectorError):
    """A test cannot be requested now; the text says why."""


class NetboxError(CollectorError):
    """A NetBox cannot be read, or its data is not a valid inventory; nothing was written."""


class PrintFailed(CollectorError):
    """A PDF cannot be printed; the text says why. Its data is still available."""


class BackupError(CollectorError):
    """A backup cannot be made or put back; the text says why and what to do."""


class AnswerImpossible(CollectorError):
    """
    The answer of a party or the city does not fit the state of an incident.

    ``reason`` is one of ``over``, ``not_theirs``, ``used``, ``disputed``, ``decided``,
    ``not_disputed``, ``report``, ``part``, ``target``, ``member`` and ``not_closed``; pages have a
    sentence for each that somebody can meet.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"this does not fit how the incident stands: {reason}")


class StoreError(CollectorError):
    """The store cannot be used; the text says why and what to do."""


class Deposed(StoreError):
    """Another collector leads by now: the pending decision of this one is not carried out."""


class RefusalReason(StrEnum):
    """Why a push was refused; the value is the label of the counter."""

    NO_TOKEN = "no_token"  # noqa: S105 - a reason, not a secret
    BAD_TOKEN = "bad_token"  # noqa: S105 - a reason, not a secret
    WRONG_SITE = "wrong_site"
    NO_CERTIFICATE = "no_certificate"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CERTIFICATE_UNKNOWN = "certificate_unknown"
    CERTIFICATE_OF_ANOTHER = "certificate_of_another"
    TOO_OFTEN = "too_often"
    OVER_BUDGET = "over_budget"
    WRONG_METHOD = "wrong_method"
    WRONG_CONTENT_TYPE = "wrong_content_type"
    WRONG_VERSION = "wrong_version"
    BAD_CLOCK_HEADER = "bad_clock_header"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    UNKNOWN_LAYOUT = "unknown_layout"
    CONFLICT = "conflict"
    UNSIGNED = "unsigned"
    BAD_SIGNATURE = "bad_signature"
    BACKLOG_DEFERRED = "backlog_deferred"
    JOURNAL_BUSY = "journal_busy"
    JOURNAL_REFUSED = "journal_refused"
    STORE_UNREACHABLE = "store_unreachable"


class PushRefused(Exception):
    """
    A push is not taken.

    ``sentence`` is for a person at the agent. ``retry_after_s`` says when it may be accepted,
    ``unknown_layout`` which layout must be sent first.
    """

    def __init__(
        self,
        why: RefusalReason,
        sentence: str,
        *,
        retry_after_s: float = 0.0,
        unknown_layout: str = "",
    ) -> None:
        self.why = why
        self.sentence = sentence
        self.retry_after_s = retry_after_s
        self.unknown_layout = unknown_layout
        super().__init__(f"{why}: {sentence}")
