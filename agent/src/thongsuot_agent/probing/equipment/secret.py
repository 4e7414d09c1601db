"""Secrets of equipment (communities, pass phrases): from files or credentials, to nowhere."""

import os
from collections.abc import Mapping

from thongsuot_agent.secret_file import credential_path

_OTHERS = 0o007


class SecretUnusable(Exception):
    """A secret cannot be read; the text names its file and never what is in it."""


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
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SecretUnusable(f"cannot read {path.name}: {why}") from error
    if mode & _OTHERS:
        raise SecretUnusable(f"{path.name} may be used by anybody; chmod 640 it")
    if not lines or not lines[0].strip():
        raise SecretUnusable(f"{path.name} is empty")
    return lines[0].strip()
