"""The agent's token as its file has it now."""

import logging
from pathlib import Path

from thongsuot_agent.errors import TokenUnusable
from thongsuot_agent.secret_file import read_token

_log = logging.getLogger(__name__)


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
