"""Key and certificate of a device: one file, read as it is now, replaced whole."""

import logging
from pathlib import Path

import pytest
import trustme

from thongsuot_agent.identity.certificate_file import (
    CertificateFile,
    CertificateUnusable,
    PendingCertificate,
    write_secret,
)
from thongsuot_schema.certificate import validity_of


def issued(folder: Path, name: str = "certificate.pem") -> Path:
    """Write a pair as an enrolment leaves it."""
    file = folder / name
    trustme.CA().issue_cert("x.example").private_key_and_cert_chain_pem.write_to_path(file)
    file.chmod(0o600)
    return file


def test_without_a_file_there_is_nothing_to_show_and_nothing_to_complain_of(
    tmp_path: Path,
) -> None:
    pair = CertificateFile(tmp_path / "certificate.pem", wall_s=lambda: None)
    assert (pair(), pair.validity, pair.problem) == (b"", None, "")


def test_a_certificate_and_its_key_are_read_again_after_they_change(tmp_path: Path) -> None:
    file = issued(tmp_path)
    pair = CertificateFile(file, wall_s=lambda: None)
    first = pair()
    assert b"PRIVATE KEY" in first
    assert pair.validity == validity_of(file.read_text())
    issued(tmp_path, "other.pem").replace(file)
    assert pair() not in (first, b"")
    file.unlink()
    left: tuple[object, object] = (pair(), pair.validity)
    assert left == (b"", None)


def test_an_expired_certificate_is_not_shown_unless_the_time_is_unknown(
    tmp_path: Path,
) -> None:
    file = issued(tmp_path)
    end_s = validity_of(file.read_text()).not_after_s
    assert CertificateFile(file, wall_s=lambda: end_s - 1)() != b""
    assert CertificateFile(file, wall_s=lambda: end_s + 1)() == b""
    assert CertificateFile(file, wall_s=lambda: end_s + 1).validity is not None
    assert CertificateFile(file, wall_s=lambda: None)() != b""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "holds no key"),
        ("nonsense", "holds no key"),
        ("tiếng", "ascii"),
        ("-----BEGIN PRIVATE KEY-----", "no certificate"),  # no secret: no key behind it
    ],
)
def test_anything_but_a_pair_is_reported_once_and_not_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, problem: str
) -> None:
    file = tmp_path / "certificate.pem"
    file.write_text(text)
    file.chmod(0o600)
    pair = CertificateFile(file, wall_s=lambda: None)
    assert [pair(), pair()] == [b"", b""]
    assert problem in pair.problem
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_a_key_that_anybody_can_read_is_not_used_or_shown(tmp_path: Path) -> None:
    file = issued(tmp_path)
    file.chmod(0o644)
    pair = CertificateFile(file, wall_s=lambda: None)
    assert pair() == b""
    assert "chmod 600" in pair.problem
    assert "PRIVATE" not in pair.problem
    file.chmod(0o600)
    assert pair() != b""
    assert pair.problem == ""


def test_certificate_and_key_may_be_separate_files(tmp_path: Path) -> None:
    leaf = trustme.CA().issue_cert("x.example")
    certificate, key = tmp_path / "x.pem", tmp_path / "x.key"
    leaf.cert_chain_pems[0].write_to_path(certificate)
    leaf.private_key_pem.write_to_path(key)
    key.chmod(0o600)
    pair = CertificateFile(certificate, wall_s=lambda: None, key_file=key)
    assert pair() == certificate.read_bytes() + key.read_bytes()
    key.chmod(0o604)
    assert pair() == b""


async def test_a_pending_key_is_kept_and_accepts_only_its_own_certificate(
    tmp_path: Path,
) -> None:
    file = tmp_path / "state" / "certificate.pem"
    following = PendingCertificate(file)
    request = await following.request()
    assert request.startswith("-----BEGIN CERTIFICATE REQUEST-----")
    assert await PendingCertificate(file).request() == request, (
        "however often, and by whom, it is asked"
    )
    assert (file.parent / "certificate.pem.next").stat().st_mode & 0o777 == 0o600
    other = trustme.CA().issue_cert("x.example").cert_chain_pems[0].bytes().decode()
    with pytest.raises(CertificateUnusable, match="another key"):
        await following.install(other)
    with pytest.raises(CertificateUnusable, match="no certificate"):
        await following.install("nonsense")
    assert not file.exists()
    following.discard_pending()
    with pytest.raises(CertificateUnusable, match="is gone"):
        await following.install(other)
    assert await following.request() != request


@pytest.mark.parametrize("left", ["", "half", "tiếng"])
async def test_a_key_that_waits_and_is_broken_is_made_again(tmp_path: Path, left: str) -> None:
    file = tmp_path / "certificate.pem"
    waiting = tmp_path / "certificate.pem.next"
    waiting.write_text(left)
    assert "CERTIFICATE REQUEST" in await PendingCertificate(file).request()
    assert "PRIVATE KEY" in waiting.read_text()


def test_a_secret_is_written_whole_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    (tmp_path / "secret.half").write_text("what a power cut left")
    write_secret(file, "one\n")
    write_secret(file, "two\n")
    assert file.read_text() == "two\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
