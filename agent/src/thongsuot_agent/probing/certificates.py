"""Certificates: the authorities that this device trusts, and the properties of a server's chain."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from thongsuot_agent.links.reasons import described, reason_for_own
from thongsuot_schema.reason import Reason

_FOLDERS = ("etc/ssl/certs", "etc/pki/ca-trust/extracted/pem/directory-hash")
_BUNDLES = (
    "etc/ssl/certs/ca-certificates.crt",
    "etc/pki/tls/certs/ca-bundle.crt",
    "etc/ssl/ca-bundle.pem",
    "etc/ssl/cert.pem",
)

_BY_HASH = re.compile(r"[0-9a-f]{8}\.[0-9]+")
_WHOLE = re.compile(
    rb"-----BEGIN (?:\w+ )?CERTIFICATE-----.+-----END (?:\w+ )?CERTIFICATE-----", re.DOTALL
)

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorities:
    """Where the trusted authorities stand: a folder named by hash, or one file with all of them."""

    folder: str = ""
    file: str = ""


def system_authorities(root: Path = Path("/")) -> Authorities:
    """
    Return the device's own authorities; both empty when it has none.

    A folder by hash is preferred: OpenSSL reads only the needed authority from it, while a bundle
    is parsed and held completely.
    """
    for folder in (root / name for name in _FOLDERS):
        if next(folder.glob("*.0"), None) is not None:
            return Authorities(folder=str(folder))
    bundle = next((root / name for name in _BUNDLES if (root / name).is_file()), None)
    return Authorities(file="" if bundle is None else str(bundle))


@cache
def _found_authorities() -> Authorities:
    return system_authorities()


def trusted_authorities(file: str) -> Authorities:
    """
    Return those of a file, if one is named, or else the device's, which are looked for once.

    A folder that was empty or unreadable is looked at again: it may just have been written anew.
    """
    if file:
        return Authorities(file=file)
    found = _found_authorities()
    if not found.folder:
        _found_authorities.cache_clear()
    return found


def authorities_problem(authorities: Authorities) -> tuple[Reason, str] | None:
    """
    Return why the authorities cannot vouch for a server now, ``None`` if all can be read.

    OpenSSL treats an authority in a folder that it cannot read (an error of the disk, a file half
    written, no file descriptor left) like one that does not exist: the server's certificate then
    looks untrusted. A file with all authorities is read by libcurl, which reports its errors.
    """
    if not authorities.folder:
        return None
    folder = Path(authorities.folder)
    try:
        files = [file for file in folder.iterdir() if _BY_HASH.fullmatch(file.name)]
    except OSError as error:
        return reason_for_own(error), f"cannot list this device's authorities: {described(error)}"
    if not files:
        return Reason.UNMEASURED_OTHERWISE, "this device has no authorities any more"
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            text = f"cannot read this device's authority {file.name}: {described(error)}"
            return reason_for_own(error), text
        if not _WHOLE.search(content):
            text = f"this device's authority {file.name} holds no whole certificate"
            return Reason.UNMEASURED_OTHERWISE, text
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateChain:
    """
    A server's chain: number of certificates, Unix time when the first of them expires, and the
    owner of the server's own.
    """

    count: int
    expiry_s: float | None
    subject: str
    issuer: str


def read_chain(certificates: Iterable[Iterable[tuple[str, str]]]) -> CertificateChain | None:
    """Read libcurl's description of a chain (CURLINFO_CERTINFO); ``None`` if there is none."""
    fields = [dict(certificate) for certificate in certificates]
    if not fields:
        return None
    expiries = [unix_time(field.get("Expire date", "")) for field in fields]
    known = [expiry for expiry in expiries if expiry is not None]
    return CertificateChain(
        count=len(fields),
        expiry_s=min(known, default=None),
        subject=fields[0].get("Subject", ""),
        issuer=fields[0].get("Issuer", ""),
    )


def unix_time(text: str) -> float | None:
    """Return a time as OpenSSL prints it (``Nov 24 12:00:00 2027 GMT``) as Unix time, ``None`` if
    it is none.

    By hand: ``time.strptime`` brings ``datetime`` and ``locale`` into the resident process and
    reads month names by the locale.
    """
    words = text.split()
    if len(words) != 5 or words[0] not in _MONTHS or words[4] != "GMT":
        return None
    try:
        month, day, year = _MONTHS.index(words[0]) + 1, int(words[1]), int(words[3])
        hours, minutes, seconds = (float(part) for part in words[2].split(":"))
    except ValueError:
        return None
    return _days(year, month, day) * 86400.0 + hours * 3600 + minutes * 60 + seconds


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar, years counted from March."""
    shifted = year - (month <= 2)
    months = (month + 9) % 12
    before = shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400
    return before + (months * 153 + 2) // 5 + day - 1 - 719468
