"""Secrets of one line (tokens, keys, communities, pass phrases): from their files, to no log."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from thongsuot_agent.errors import TokenUnusable
from thongsuot_runtime.file_errors import describe
from thongsuot_schema.localizable import Localizable

_OTHERS = 0o007


class SecretUnusable(Exception):
    """A secret cannot be read; the text names its file and never what is in it."""


def credential_path(name: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the file of a secret; a bare name is a credential (``LoadCredential=``)."""
    folder = environment.get("CREDENTIALS_DIRECTORY", "")
    return Path(folder, name) if folder and "/" not in name else Path(name)


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
        unreadable = Localizable(
            "cannot read token file {path}: {why}", path=path, why=describe(error)
        )
        raise TokenUnusable(unreadable) from error
    if mode & _OTHERS:
        raise TokenUnusable(
            Localizable(
                "token file {path} may be used by anybody (mode {mode}); chmod 640 {path}",
                path=path,
                mode=f"{mode & 0o777:o}",
            )
        )
    if not text or any(not "!" <= letter <= "~" for letter in text):
        raise TokenUnusable(
            Localizable("token file {path} holds no token: one line without blanks", path=path)
        )
    return text


def read_secret(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """
    Return the secret in a file: its first line.

    A bare name is one of the service's credentials (``LoadCredential=`` of systemd).

    Raises:
        SecretUnusable: the file cannot be read, others may read it, or it is empty.
    """
    path = credential_path(name, environment)
    try:
        mode = path.stat().st_mode
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = describe(error) if isinstance(error, OSError) else Localizable("it is no text")
        unreadable = Localizable("cannot read {name}: {why}", name=path.name, why=why)
        raise SecretUnusable(unreadable) from error
    if mode & _OTHERS:
        raise SecretUnusable(
            Localizable("{name} may be used by anybody; chmod 640 it", name=path.name)
        )
    if not lines or not lines[0].strip():
        raise SecretUnusable(Localizable("{name} is empty", name=path.name))
    return lines[0].strip()


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
            _log.debug("%s; continuing with the previous one", error)
        return self._token
