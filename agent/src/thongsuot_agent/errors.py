"""
The exceptions of this distribution.

    AgentError
    ├── SiteConfigRefused    a site configuration may not be run here; one line for each mistake
    ├── SpoolError           the record cannot be opened or written; the text says what to do
    │   ├── SpoolFull           there is no space
    │   ├── SpoolUnreadable     a part of the file on disk cannot be read
    │   ├── SpoolMoved          the file on disk was removed or replaced while it was open
    │   └── SpoolCorrupt        the file on disk is damaged; it is set aside and a new one started
    ├── TokenUnusable        the collector's token cannot be read, or anybody can
    └── RecordUnreadable         a piece of the record in the runtime directory cannot be read

A wrong configuration is ``thongsuot_runtime.config_file.ConfigInvalid``.
"""

from collections.abc import Sequence


class AgentError(Exception):
    """Anything that the agent itself cannot do."""


class SiteConfigRefused(AgentError):
    """A site configuration may not be run here. The text has one mistake a line: where, what."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(mistakes))


class SpoolError(AgentError):
    """The record cannot be kept where it should be."""


class SpoolFull(SpoolError):
    """There is no space for the record."""


class SpoolCorrupt(SpoolError):
    """The spool's file on disk is damaged."""


class RecordUnreadable(AgentError):
    """A piece of the record cannot be read back."""


class SpoolUnreadable(SpoolError):
    """A part of the spool's file on disk cannot be read: a bad sector, if it stays so."""


class SpoolMoved(SpoolError):
    """The spool's file was removed or replaced while it was open."""


class TokenUnusable(AgentError):
    """The token file is missing, open to everybody, or holds no token."""


class MalformedMessage(ValueError):
    """Bytes violate the protocol; the message has the object and the error."""
