"""Secrets of one line, such as tokens and keys: read from their files, never logged."""

import os
from collections.abc import Mapping
from pathlib import Path

from thongsuot_agent.errors import TokenUnusable

_OTHERS = 0o007


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
        raise TokenUnusable(f"cannot read token file {path}: {error}") from error
    if mode & _OTHERS:
        raise TokenUnusable(
            f"token file {path} may be used by anybody (mode {mode & 0o777:o}); chmod 640 {path}"
        )
    if not text or any(not "!" <= letter <= "~" for letter in text):
        raise TokenUnusable(f"token file {path} holds no token: one line without blanks")
    return text
