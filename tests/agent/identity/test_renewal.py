"""When a certificate is renewed, and how long the agent waits after each failure."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from thongsuot_agent.identity.certificate_file import CertificateFile
from thongsuot_agent.identity.renewal import CHECK_EVERY_S, CertificateRenewal, RenewalCallbacks
from thongsuot_agent.uplink.answer import PostResponse
from thongsuot_schema.renewal import RenewalRequest as Asked
from thongsuot_schema.renewal import RenewalResponse

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
LIFE = timedelta(days=90)
DAY_S = 86_400.0


def certificate_for(request: str) -> str:
    """Return a certificate for the key of a request, as a collector makes it."""
    asked = x509.load_pem_x509_csr(request.encode())
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(asked.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN + LIFE)
        .not_valid_after(BEGIN + 2 * LIFE)
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


class RenewalFixture:
    """A device's pair, a clock, and a collector that answers as it is told."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "certificate.pem"
        leaf = trustme.CA().issue_cert("x.example", not_before=BEGIN, not_after=BEGIN + LIFE)
        leaf.private_key_and_cert_chain_pem.write_to_path(self.file)
        self.file.chmod(0o600)
        self.day: float | None = 0.0
        self.requests: list[str] = []
        self.reply: Callable[[str], PostResponse] = lambda _: PostResponse(
            status=0, problem="no link"
        )
        pair = CertificateFile(self.file, wall_s=self.wall_s)
        self.renewal = CertificateRenewal(
            pair, RenewalCallbacks(wall_s=self.wall_s, post=self._post, jitter=lambda: 1.0)
        )

    def wall_s(self) -> float | None:
        return None if self.day is None else BEGIN.timestamp() + self.day * DAY_S

    async def _post(self, body: bytes) -> PostResponse:
        self.requests.append(msgspec.json.decode(body, type=Asked).certificate_request)
        return self.reply(self.requests[-1])


def good(request: str) -> PostResponse:
    answer = RenewalResponse(certificate=certificate_for(request))
    return PostResponse(status=200, body=msgspec.json.encode(answer))


@pytest.mark.parametrize("day", [None, 0.0, 59.9])
async def test_no_renewal_before_two_thirds_of_the_lifetime_or_without_a_known_time(
    tmp_path: Path, day: float | None
) -> None:
    device = RenewalFixture(tmp_path)
    device.day = day
    assert await device.renewal.renew_if_due() == CHECK_EVERY_S
    assert device.requests == []


async def test_at_two_thirds_the_next_one_is_asked_for_and_taken_once(tmp_path: Path) -> None:
    device = RenewalFixture(tmp_path)
    device.day, device.reply = 60.1, good
    before = device.file.read_text()
    assert await device.renewal.renew_if_due() == CHECK_EVERY_S
    assert device.file.read_text() != before
    assert await device.renewal.renew_if_due() == CHECK_EVERY_S
    assert len(device.requests) == 1


async def test_waits_double_up_to_six_hours_and_the_same_request_is_sent_again(
    tmp_path: Path,
) -> None:
    device = RenewalFixture(tmp_path)
    device.day = 61.0
    before = device.file.read_text()
    waits = [await device.renewal.renew_if_due() for _ in range(11)]
    assert waits[:4] == [60, 120, 240, 480]
    assert waits[-1] == 6 * 3600
    assert len(set(device.requests)) == 1
    assert "no link" in device.renewal.problem
    assert device.file.read_text() == before, "what is there stays in use"
    device.reply = good
    assert await device.renewal.renew_if_due() == CHECK_EVERY_S
    assert device.renewal.problem == ""


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (PostResponse(status=403, body=b'{"error":"it was revoked"}'), "it was revoked"),
        (PostResponse(status=404, body=b"not found"), "status 404"),
        (
            PostResponse(status=200, body=b"<html>log in here</html>"),
            "status 200, which is no answer",
        ),
        (PostResponse(status=200, body=b'{"certificate":"nonsense"}'), "no certificate"),
        (
            PostResponse(status=200, body=msgspec.json.encode(RenewalResponse(certificate=""))),
            "which is no answer",
        ),
    ],
)
async def test_an_invalid_next_certificate_leaves_the_present_one(
    tmp_path: Path, reply: PostResponse, problem: str
) -> None:
    device = RenewalFixture(tmp_path)
    device.day, device.reply = 61.0, lambda _: reply
    before = device.file.read_text()
    assert await device.renewal.renew_if_due() == 60
    assert problem in device.renewal.problem
    assert device.file.read_text() == before


async def test_a_certificate_for_another_key_is_not_taken(tmp_path: Path) -> None:
    device = RenewalFixture(tmp_path)
    stranger = trustme.CA().issue_cert("x.example").cert_chain_pems[0].bytes().decode()
    answer = msgspec.json.encode(RenewalResponse(certificate=stranger))
    device.day, device.reply = 61.0, lambda _: PostResponse(status=200, body=answer)
    before = device.file.read_text()
    await device.renewal.renew_if_due()
    assert "another key" in device.renewal.problem
    assert device.file.read_text() == before


async def test_the_collector_can_delay_a_renewal_by_six_hours_at_most(tmp_path: Path) -> None:
    device = RenewalFixture(tmp_path)
    device.day = 61.0
    device.reply = lambda _: PostResponse(status=429, retry_after="900")
    assert await device.renewal.renew_if_due() == 900
    device.reply = lambda _: PostResponse(status=429, retry_after="9999999")
    assert await device.renewal.renew_if_due() == 6 * 3600


async def test_an_expired_one_is_reported_and_not_sent(tmp_path: Path) -> None:
    device = RenewalFixture(tmp_path)
    device.day, device.reply = 91.0, good
    await device.renewal.renew_if_due()
    assert device.requests == []
    assert "enrol it again" in device.renewal.problem
