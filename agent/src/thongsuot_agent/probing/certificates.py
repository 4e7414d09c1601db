"""Certificates: the authorities that this device trusts, and the properties of a server's chain."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_FOLDERS = ("etc/ssl/certs", "etc/pki/ca-trust/extracted/pem/directory-hash")
_BUNDLES = (
    "etc/ssl/certs/ca-certificates.crt",
    "etc/pki/tls/certs/ca-bundle.crt",
    "etc/ssl/ca-bundle.pem",
    "etc/ssl/cert.pem",
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
