"""
What this distribution raises.

    AgentError
    ├── ConfigInvalid        the configuration file is wrong; one line for each mistake
    ├── SiteConfigRefused          a site plan may not be run here; one line for each mistake
    ├── SpoolError           the record cannot be opened or written; the text says what to do
    │   └── SpoolCorrupt        the file on disk is damaged; it is set aside and a new one started
    ├── TokenUnusable        the collector's token cannot be read, or anybody can
    └── RecordUnreadable         a piece of the record in the runtime directory cannot be read
"""

from collections.abc import Sequence

from thongsuot_schema.errors import DocumentError


class AgentError(Exception):
    """Anything that the agent itself cannot do."""


class ConfigInvalid(AgentError):
    """
    The configuration is wrong. The text has one mistake a line: ``file:line: what is wrong; what to
    do``.
    """

    def __init__(self, mistakes: Sequence[DocumentError]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in mistakes))


class SiteConfigRefused(AgentError):
    """A site plan may not be run here. The text has one mistake a line: where, what."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(mistakes))


class SpoolError(AgentError):
    """The record cannot be kept where it should be."""


class SpoolFull(SpoolError):
    """There is no room where the record should be kept."""


class SpoolCorrupt(SpoolError):
    """The spool's file on disk is damaged."""


class RecordUnreadable(AgentError):
    """A piece of the record cannot be read back."""


class TokenUnusable(AgentError):
    """The token file is missing, open to everybody, or holds no token."""
