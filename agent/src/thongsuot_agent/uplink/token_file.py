"""The agent's token: read from its file, never logged."""

import logging
from pathlib import Path

from thongsuot_agent.errors import TokenUnusable

_log = logging.getLogger(__name__)

_OTHERS = 0o007


def read_token(path: Path) -> str:
    """
    Return the token in a file.

    Raises:
        TokenUnusable: the file cannot be read, others may read it, or what it holds is no token.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TokenUnusable(f"cannot read token file {path}: {error}") from error
    if mode & _OTHERS:
        raise TokenUnusable(
            f"token file {path} may be used by anybody (mode {mode & 0o777:o}); chmod 640 {path}"
        )
    if not text or any(not "!" <= letter <= "~" for letter in text):
        raise TokenUnusable(f"token file {path} holds no token: one line without blanks")
    return text


class TokenFile:
    """The token as its file has it now, so that it can be changed without a restart."""

    def __init__(self, path: Path) -> None:
        """Raises ``TokenUnusable`` when there is none to begin with."""
        self._path = path
        self._token = read_token(path)

    def __call__(self) -> str:
        """Return the token; the last good one while the file cannot be used."""
        try:
            self._token = read_token(self._path)
        except TokenUnusable as error:
            _log.debug("%s; goes on with the one before", error)
        return self._token
