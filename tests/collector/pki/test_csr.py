"""Requests for certificates: what is believed of them, and what a certificate then says."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.collector.pki.secured import new_authority, new_key
from thongsuot_collector.errors import AuthorityError
from thongsuot_collector.pki import authority
from thongsuot_collector.pki.csr import CsrRefused, parse_csr

NOW = datetime(2026, 11, 29, tzinfo=UTC)
HOUR = timedelta(hours=1)


def request_by(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def test_nothing_but_the_key_is_taken_from_a_request(tmp_path: Path) -> None:
    # It asks for an authority of its own, and for another's name.
    key = new_key(common_name="ba-dinh")
    made = new_authority(tmp_path).issue(
        parse_csr(key.request), "hoan-kiem", now=NOW, lifetime=HOUR
    )
    certificate = x509.load_pem_x509_certificate(made.pem.encode())
    assert certificate.public_key() == key.private.public_key()
    assert certificate.subject.rfc4514_string() == "CN=hoan-kiem"
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [x509.UniformResourceIdentifier("thongsuot:site:hoan-kiem")]
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca) == (True, False)
    uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(uses) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_cert_sign, usage.crl_sign) == (True, False, False)
    assert certificate.not_valid_after_utc == NOW + HOUR


def test_serial_numbers_are_random_and_positive_and_of_at_most_twenty_bytes(
    tmp_path: Path,
) -> None:
    ours, asked = new_authority(tmp_path), parse_csr(new_key().request)
    serials = {int(ours.issue(asked, "x", now=NOW, lifetime=HOUR).serial, 16) for _ in range(100)}
    assert len(serials) == 100
    assert all(0 < serial < 1 << 159 for serial in serials)
    # Half of them would be below this, were they counted.
    assert sum(serial > 1 << 150 for serial in serials) > 90


def test_a_signature_by_another_key_is_refused() -> None:
    mine, thine = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    good = x509.load_pem_x509_csr(request_by(mine).encode())
    other = x509.load_pem_x509_csr(request_by(thine).encode())
    # The one's key with the other's signature: what a thief of a public key can put together.
    der = good.public_bytes(Encoding.DER)
    signed = good.tbs_certrequest_bytes
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")  # ecdsa-with-SHA256 (RFC 5758, 3.2)
    assert signed + algorithm in der
    signature = b"\x03" + bytes((len(other.signature) + 1, 0)) + other.signature
    body = signed + algorithm + signature
    forged = b"\x30\x81" + bytes((len(body),)) + body
    with pytest.raises(CsrRefused, match="not signed by the key"):
        parse_csr(pem_of(forged))
    # Put together like this from its own parts it is good: the test does forge what it says.
    body = signed + algorithm + b"\x03" + bytes((len(good.signature) + 1, 0)) + good.signature
    assert parse_csr(pem_of(b"\x30\x81" + bytes((len(body),)) + body)).key == mine.public_key()


def pem_of(der: bytes) -> str:
    text = base64.b64encode(der).decode()
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{text}\n-----END CERTIFICATE REQUEST-----\n"


@pytest.mark.parametrize(
    "pem",
    [
        request_by(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        request_by(ec.generate_private_key(ec.SECP384R1())),
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]))
        .sign(ed25519.Ed25519PrivateKey.generate(), None)
        .public_bytes(Encoding.PEM)
        .decode(),
    ],
)
def test_other_keys_are_refused(pem: str) -> None:
    with pytest.raises(CsrRefused, match="P-256"):
        parse_csr(pem)


@pytest.mark.parametrize(
    "text", ["", "nonsense", "tiếng", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n"]
)
def test_an_invalid_request_is_refused(text: str) -> None:
    with pytest.raises((CsrRefused, UnicodeError)):
        parse_csr(text)


def request_of_no_version() -> str:
    """Return a request of a version that does not exist: the error for it is no ``ValueError``."""
    der = base64.b64decode("".join(new_key().request.splitlines()[1:-1]))
    return pem_of(der.replace(b"\x02\x01\x00", b"\x02\x01\x01", 1))


def test_a_request_of_a_version_that_does_not_exist_is_refused() -> None:
    with pytest.raises(CsrRefused, match="version"):
        parse_csr(request_of_no_version())


def test_the_authority_allows_none_below_it_and_its_key_is_its_owners(tmp_path: Path) -> None:
    made = new_authority(tmp_path / "state")
    certificate = x509.load_pem_x509_certificate(made.pem.encode())
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca) == (True, True)
    assert constraints.value.path_length == 0
    folder = tmp_path / "state" / authority.FOLDER
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / authority.KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert authority.load_authority(folder).pem == made.pem


def test_nothing_that_is_issued_outlives_the_authority(tmp_path: Path) -> None:
    ours = new_authority(tmp_path)
    made = ours.issue(parse_csr(new_key().request), "x", now=NOW, lifetime=timedelta(days=10_000))
    assert made.not_after == ours.not_after


def test_an_authority_is_not_made_over_another(tmp_path: Path) -> None:
    made = new_authority(tmp_path)
    with pytest.raises(AuthorityError, match="left alone"):
        new_authority(tmp_path)
    assert authority.load_authority(tmp_path / authority.FOLDER).pem == made.pem


def test_an_authority_whose_key_others_may_read_or_that_is_anothers_is_not_used(
    tmp_path: Path,
) -> None:
    new_authority(tmp_path / "a")
    new_authority(tmp_path / "b")
    folder = tmp_path / "a" / authority.FOLDER
    (folder / authority.KEY_FILE).chmod(0o640)
    with pytest.raises(AuthorityError, match="chmod 600"):
        authority.load_authority(folder)
    (folder / authority.KEY_FILE).chmod(0o600)
    other = tmp_path / "b" / authority.FOLDER / authority.CERTIFICATE_FILE
    (folder / authority.CERTIFICATE_FILE).write_bytes(other.read_bytes())
    with pytest.raises(AuthorityError, match="is not the key of"):
        authority.load_authority(folder)
    (folder / authority.KEY_FILE).write_text("-----BEGIN nothing")
    with pytest.raises(AuthorityError, match="cannot use"):
        authority.load_authority(folder)
    with pytest.raises(AuthorityError, match="ca init"):
        authority.load_authority(tmp_path / "none")
