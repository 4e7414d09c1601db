"""
Key and certificate in one file, so that one rename replaces both.

While the next one is asked for, its key waits in a file beside it (``.next``), on the disk before
anything is sent: if an answer is lost, the same request gets it again. After a power cut the file
always contains a matching pair.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from thongsuot_agent.identity.protocol import OTHER_KEY, KeyReply, KeyRequest
from thongsuot_agent.kept_file import flush_folder
from thongsuot_agent.worker import run_worker
from thongsuot_schema.certificate import Validity, validity_of
from thongsuot_schema.localizable import Localizable

_NEXT, _HALF = ".next", ".half"
_OTHERS = 0o007
_WORKER = "thongsuot_agent.identity.worker"
_WORKER_S = 60.0
_REQUEST = "-----BEGIN CERTIFICATE REQUEST-----"

_log = logging.getLogger(__name__)


class CertificateUnusable(Exception):
    """Key and certificate cannot be used; the text says why."""


class CertificateFile:
    """
    Key and certificate as their file has them now.

    With ``key_file`` they are two files that somebody else keeps, and are not replaced here.
    ``wall_s`` is the time that is vouched for, ``None`` while nobody does.
    """

    def __init__(
        self, file: Path, *, wall_s: Callable[[], float | None], key_file: Path | None = None
    ) -> None:
        self._file = file
        self._key_file = key_file
        self._wall_s = wall_s
        self._seen: tuple[int, ...] = ()
        self._pem = b""
        self._validity: Validity | None = None
        self.problem = ""
        """Why the files cannot be used; empty when they can, or when there are none."""

    @property
    def file(self) -> Path:
        """Where certificate and key stand."""
        return self._file

    @property
    def validity(self) -> Validity | None:
        """The life of the certificate; ``None`` where there is none."""
        self._reload_if_changed()
        return self._validity

    @property
    def key_pem(self) -> bytes:
        """The device's key (PEM), also when its certificate has run out; empty: it has none."""
        self._reload_if_changed()
        return self._pem

    def __call__(self) -> bytes:
        """
        Return what to show in a handshake, key and certificate in PEM form; empty for nothing.

        An expired one is not presented: if the collector requires none, the token is enough.
        """
        self._reload_if_changed()
        now_s = self._wall_s()
        if self._validity is None or (now_s is not None and self._validity.not_after_s < now_s):
            return b""
        return self._pem

    def _reload_if_changed(self) -> None:
        files = (self._file,) if self._key_file is None else (self._file, self._key_file)
        seen: list[int] = []
        for file in files:
            try:
                about = file.stat()
            except OSError:
                seen.append(0)
            else:
                seen += (about.st_ino, about.st_size, about.st_mtime_ns, about.st_mode)
        if tuple(seen) == self._seen:
            return
        self._seen = tuple(seen)
        try:
            self._pem, self._validity = _read_files(files)
        except CertificateUnusable as error:
            self._pem, self._validity, self.problem = b"", None, str(error)
            _log.error("cannot use certificate: %s; continuing without it", error)
        else:
            self.problem = ""


def _read_files(files: tuple[Path, ...]) -> tuple[bytes, Validity | None]:
    if not files[0].exists():
        return b"", None
    try:
        with_key = files[-1]
        if with_key.stat().st_mode & _OTHERS:
            raise CertificateUnusable(f"{with_key} may be used by anybody; chmod 600 {with_key}")
        text = "".join(f"{file.read_text('ascii').rstrip()}\n" for file in files)
        if "PRIVATE KEY-----" not in text:
            raise CertificateUnusable(f"{with_key} holds no key")
        return text.encode("ascii"), validity_of(text)
    except (OSError, ValueError) as error:
        raise CertificateUnusable(f"{files[0]}: {error}") from error


class PendingCertificate:
    """The pair that is to come: its key is made once and kept until its certificate is there."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._waiting = file.with_name(file.name + _NEXT)

    async def request(self) -> str:
        """
        Return the certificate request (PEM) of the key that waits, of a new one where none does.

        Raises:
            OSError: it cannot be kept.
            TimeoutError, WorkerFailed: no key could be made.
        """
        kept = self._pending()
        if kept is not None:
            return kept[1]
        made = await _run_key_worker(KeyRequest())
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = made.key + made.request
        await asyncio.to_thread(write_secret, self._waiting, text, like=self._file.parent)
        return made.request

    async def install(self, certificate: str) -> None:
        """
        Put the new pair in the place of the one before.

        Raises:
            OSError: it cannot be kept.
            CertificateUnusable: the certificate is none, or not for the key that waits.
            TimeoutError, WorkerFailed: nobody could look at it.
        """
        kept = self._pending()
        if kept is None:
            raise CertificateUnusable(Localizable("{file} is gone", file=self._waiting))
        key = kept[0]
        answer = await _run_key_worker(KeyRequest(key=key, certificate=certificate))
        if answer.problem:
            raise CertificateUnusable(
                OTHER_KEY
                if answer.problem == OTHER_KEY
                else Localizable("no certificate and key: {why}", why=answer.problem)
            )
        text = f"{key.rstrip()}\n{certificate}"
        await asyncio.to_thread(write_secret, self._file, text, like=self._file.parent)
        self.discard_pending()

    def discard_pending(self) -> None:
        """Let go of the key that waits."""
        self._waiting.unlink(missing_ok=True)

    def discard_all(self) -> None:
        """Let go of the pair in use as well: it is of an enrolment that counts no more."""
        self.discard_pending()
        self._file.unlink(missing_ok=True)

    def _pending(self) -> tuple[str, str] | None:
        """Return key and request that wait; those of the pair in use are none (a power cut)."""
        try:
            text = self._waiting.read_text("ascii")
            key, begin, rest = text.partition(_REQUEST)
            used = self._file.read_text("ascii") if self._file.exists() else ""
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            key = begin = rest = used = ""
        if not begin or not key.strip() or key.strip() in used:
            self.discard_pending()
            return None
        return key, begin + rest


def write_secret(path: Path, text: str, *, like: Path | None = None) -> None:
    """
    Write a file whole or not at all, for its owner alone, so that it survives a power cut.

    Where root does it the file is left to whom ``like`` belongs.
    """
    half = path.with_name(path.name + _HALF)
    half.unlink(missing_ok=True)
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
    with os.fdopen(os.open(half, flags, 0o600), "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if like is not None and os.geteuid() == 0:
        owner = like.stat()
        os.chown(half, owner.st_uid, owner.st_gid)
    half.replace(path)
    flush_folder(path.parent)


async def _run_key_worker(request: KeyRequest) -> KeyReply:
    answer = await run_worker(_WORKER, [], msgspec.json.encode(request), timeout_s=_WORKER_S)
    return msgspec.json.decode(answer, type=KeyReply)
