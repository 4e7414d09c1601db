"""Client certificates by real TLS: which give access, and what a refused client is told."""

import ssl
import time
from pathlib import Path

import httpx
import pytest
import trustme

from tests.collector.pki.secured import (
    DAY_S,
    NOW,
    SITE,
    DeviceKey,
    enrolled,
    new_authority,
    new_key,
    pushed,
    pusher,
    secured,
)
from tests.collector.running import WITHIN_S, eventually, token
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.store import audit, certificates, enrolments, tokens
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.enrolments import digest_of_code, new_code
from thongsuot_schema.enrolment import PATH_ENROL
from thongsuot_schema.renewal import PATH_CERTIFICATE


async def test_a_certificate_alone_a_token_alone_and_both_come_in_where_it_is_optional(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    new_authority(state)
    key, secret = enrolled(state), token(state, SITE)
    async with secured(tmp_path, "optional") as running:
        async with running.client(key) as client:
            assert (await pushed(client, secret)).status_code == 200
            assert (await pushed(client, "")).status_code == 200
        async with running.client() as client:
            assert (await pushed(client, secret)).status_code == 200
            assert (await pushed(client, "")).status_code == 401


async def test_nobody_is_asked_where_it_is_off(tmp_path: Path) -> None:
    state = tmp_path / "state"
    new_authority(state)
    key, secret = enrolled(state), token(state, SITE)
    async with secured(tmp_path, "off") as running, running.client(key) as client:
        assert (await pushed(client, secret)).status_code == 200
        assert (await pushed(client, "")).status_code == 401


async def test_where_it_is_required_a_token_alone_does_not_push_and_pages_still_open(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    new_authority(state)
    key, secret = enrolled(state), token(state, SITE)
    async with secured(tmp_path, "required") as running:
        async with running.client() as client:
            refused = await pushed(client, secret)
            assert refused.status_code == 403
            assert "a client certificate is required" in refused.json()["error"]
            assert (await client.get("/")).status_code == 200
        async with running.client(key) as client:
            assert (await pushed(client, secret)).status_code == 200
            assert (await pushed(client, "")).status_code == 200


async def test_a_revoked_certificate_is_refused_on_a_connection_that_is_open(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    new_authority(state)
    key, secret = enrolled(state), token(state, SITE)
    async with secured(tmp_path, "optional") as running, running.client(key) as client:
        assert (await pushed(client, secret)).status_code == 200
        store = open_store(state / STORE_FILE)
        assert certificates.revoke(store, SITE) == 1
        store.dispose()

        async def is_refused() -> bool:
            return (await pushed(client, secret)).status_code == 403

        await eventually(is_refused)
        answer = await pushed(client, secret)
        assert "was revoked" in answer.json()["error"]
        # One connection all the while: what was open is refused as well.
        pool = client._transport._pool  # type: ignore[attr-defined]
        assert len(pool.connections) == 1
        async with running.client() as other:
            assert (await pushed(other, secret)).status_code == 200


async def test_revoking_the_tokens_of_a_site_ends_its_certificates(tmp_path: Path) -> None:
    state = tmp_path / "state"
    new_authority(state)
    key = enrolled(state)
    token(state, SITE)
    async with secured(tmp_path, "optional") as running, running.client(key) as client:
        assert (await pushed(client, "")).status_code == 200
        store = open_store(state / STORE_FILE)
        tokens.revoke(store, SITE)
        store.dispose()

        async def is_refused() -> bool:
            return (await pushed(client, "")).status_code == 403

        await eventually(is_refused)


async def test_an_expired_certificate_is_refused_with_a_sentence(tmp_path: Path) -> None:
    state = tmp_path / "state"
    new_authority(state)
    key = enrolled(state, age_s=91 * DAY_S)
    secret = token(state, SITE)
    async with secured(tmp_path, "optional") as running, running.client(key) as client:
        answer = await pushed(client, secret)
        assert answer.status_code == 403
        assert "has run out" in answer.json()["error"]


async def test_a_certificate_that_runs_out_is_refused_on_a_connection_that_is_open(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    new_authority(state)
    key = enrolled(state, age_s=3600.0 - 3.0, lifetime_s=3600.0)
    async with secured(tmp_path, "optional") as running, running.client(key) as client:
        first = await pushed(client, "")
        if first.status_code == 200:  # a slow machine may have taken the three seconds already

            async def is_refused() -> bool:
                return (await pushed(client, "")).status_code == 403

            await eventually(is_refused)
        assert "has run out" in (await pushed(client, "")).json()["error"]


async def test_a_certificate_of_another_site_than_the_token_is_refused_counted_and_audited(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    new_authority(state)
    key = enrolled(state, "ba-dinh")
    secret = token(state, SITE)
    async with secured(tmp_path, "optional") as running, running.client(key) as client:
        for _ in range(2):
            answer = await pushed(client, secret)
            assert answer.status_code == 403
            assert f"not one of site {SITE}" in answer.json()["error"]
        line = 'thongsuot_collector_pushes_total{reason="certificate_of_another"} 2.0'
        assert line in (await client.get("/metrics")).text
    store = open_store(state / STORE_FILE)
    refusals = [row for row in audit.listed(store) if row.action == "certificate_refused"]
    store.dispose()
    assert [row.subject for row in refusals] == [SITE], "once, however often it comes"
    assert "is of ba-dinh" in refusals[0].detail
    assert refusals[0].by == "device:127.0.0.1"


async def handshake_refused(running_url: httpx.URL, context: ssl.SSLContext) -> bool:
    """Return whether the server ends a connection without an answer."""
    async with httpx.AsyncClient(verify=context, trust_env=False, timeout=WITHIN_S) as client:
        try:
            await client.get(running_url.join("/healthz"))
        except httpx.TransportError:
            return True
    return False


async def test_a_foreign_certificate_does_not_get_through_the_handshake_and_is_counted(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    new_authority(state)
    foreign = tmp_path / "foreign"
    new_authority(foreign)
    strange = enrolled(foreign)
    async with secured(tmp_path, "optional") as running:
        assert await handshake_refused(running.url, running.context(strange))
        selfsigned = trustme.CA().issue_cert("x.example")
        context = running.context()
        selfsigned.configure_cert(context)
        assert await handshake_refused(running.url, context)
        async with running.client() as client:
            line = 'thongsuot_collector_client_certificates_refused_total{reason="foreign"} 2.0'
            assert line in (await client.get("/metrics")).text


async def test_an_agents_certificate_makes_no_certificates(tmp_path: Path) -> None:
    """A leaf (pathlen 0, CA false) that signs another certificate is still no authority."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509

    from thongsuot_collector.pki.authority import CertificateAuthority
    from thongsuot_collector.pki.csr import parse_csr

    state = tmp_path / "state"
    new_authority(state)
    thief = enrolled(state)
    leaf = x509.load_pem_x509_certificate(thief.certificate.encode())
    forger = CertificateAuthority(leaf, thief.private)
    fresh = new_key()
    made = forger.issue(
        parse_csr(fresh.request), "ba-dinh", now=datetime.now(UTC), lifetime=timedelta(hours=1)
    )
    forged = DeviceKey(private=fresh.private, request="", certificate=made.pem + thief.certificate)
    async with secured(tmp_path, "optional") as running:
        assert await handshake_refused(running.url, running.context(forged))


async def test_a_certificate_that_the_store_does_not_know_is_refused(tmp_path: Path) -> None:
    from datetime import UTC, datetime, timedelta

    from thongsuot_collector.pki.csr import parse_csr

    state = tmp_path / "state"
    ours = new_authority(state)
    key = new_key()
    made = ours.issue(
        parse_csr(key.request), SITE, now=datetime.now(UTC), lifetime=timedelta(hours=1)
    )
    key = DeviceKey(private=key.private, request="", certificate=made.pem)
    async with secured(tmp_path, "optional") as running, running.client(key) as client:
        answer = await pushed(client, "")
        assert answer.status_code == 403
        assert "is not known here" in answer.json()["error"]


async def test_a_certificate_forged_with_the_authoritys_key_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

    state = tmp_path / "state"
    new_authority(state)
    good, stranger = enrolled(state), new_key()
    stolen = load_pem_private_key((state / "ca" / "ca.key").read_bytes(), None)
    ours = x509.load_pem_x509_certificate(good.certificate.encode())
    # All of a good one, its number too, but for another key.
    forged = x509.CertificateBuilder(
        issuer_name=ours.issuer,
        subject_name=ours.subject,
        public_key=stranger.private.public_key(),
        serial_number=ours.serial_number,
        not_valid_before=ours.not_valid_before_utc,
        not_valid_after=ours.not_valid_after_utc,
        extensions=[ext for ext in ours.extensions if ext.oid != x509.SubjectKeyIdentifier.oid],
    ).sign(stolen, hashes.SHA256())  # type: ignore[arg-type]
    assert forged.not_valid_after_utc > datetime.now(UTC)
    pem = forged.public_bytes(Encoding.PEM).decode()
    thief = DeviceKey(private=stranger.private, request="", certificate=pem)
    async with secured(tmp_path, "required") as running:
        async with running.client(thief) as client:
            for _ in range(2):
                answer = await pushed(client, "")
                assert answer.status_code == 403
                assert "is not known here" in answer.json()["error"]
        assert caplog.text.count("has the key of the authority") == 1, "however often it comes"
        async with running.client(good) as client:
            assert (await pushed(client, "")).status_code == 200


async def test_a_new_authority_keeps_old_certificates_valid_and_issues_new_ones(
    tmp_path: Path,
) -> None:
    from datetime import UTC, datetime, timedelta

    from thongsuot_collector.pki import authority

    state = tmp_path / "state"
    new_authority(state)
    key, fresh = enrolled(state, age_s=61 * DAY_S), new_key()
    ends = datetime.now(UTC) + timedelta(days=3000)
    new = authority.renew_authority(
        state / authority.FOLDER, now=datetime.now(UTC), lifetime=timedelta(days=3000)
    )
    async with secured(tmp_path, "required") as running, running.client(key) as client:
        assert (await pushed(client, "")).status_code == 200
        answer = await client.post(PATH_CERTIFICATE, json={"certificate_request": fresh.request})
        renewed = DeviceKey(
            private=fresh.private, request="", certificate=answer.json()["certificate"]
        )
        async with running.client(renewed) as after:
            assert (await pushed(after, "")).status_code == 200
        text = (await client.get("/metrics")).text
    line = f'thongsuot_collector_authority_expiry_timestamp_seconds{{authority="{new.name}"}}'
    (shown_s,) = (row.split()[-1] for row in text.splitlines() if row.startswith(line))
    assert abs(float(shown_s) - ends.timestamp()) < 60


async def test_two_devices_with_one_certificate_are_flagged_by_their_boots(tmp_path: Path) -> None:
    state = tmp_path / "state"
    new_authority(state)
    key = enrolled(state)
    async with secured(tmp_path, "required") as running, running.client(key) as client:
        device = pusher(client, "")
        batch = device.agent.batch(NOW)
        assert (await device.batch(batch, boottime_ns=NOW)).status_code == 200
        assert (
            "thongsuot_collector_sites_with_duplicate_devices 0.0"
            in (await client.get("/metrics")).text
        )
        async with running.client(key) as copy:
            other = pusher(copy, "")
            batch = other.agent.batch(NOW)
            answer = await other.batch(batch, boottime_ns=NOW // 2, boot_id="another-boot")
            assert answer.status_code == 200
            assert (
                "thongsuot_collector_sites_with_duplicate_devices 1.0"
                in (await copy.get("/metrics")).text
            )


async def test_an_enrolment_whose_answer_was_lost_gets_the_same_certificate_again(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    new_authority(state)
    code = new_code()
    store = open_store(state / STORE_FILE)
    enrolments.create(store, SITE, digest_of_code(code), expires_ns=time.time_ns() + 10**12)
    store.dispose()
    key, other = new_key(), new_key()
    asked = {"code": code, "token_digest": "ab" * 32, "certificate_request": key.request}
    async with secured(tmp_path, "required") as running, running.client() as client:
        wrong = await client.post(PATH_ENROL, json=asked | {"certificate_request": "nonsense"})
        assert wrong.status_code == 400, "and the code stays good"
        first = (await client.post(PATH_ENROL, json=asked)).json()["certificate"]
        again = (await client.post(PATH_ENROL, json=asked)).json()["certificate"]
        assert first == again
        # The device that lost its key, but not its token, gets one for a new key; the first ends.
        asked["certificate_request"] = other.request
        third = (await client.post(PATH_ENROL, json=asked)).json()["certificate"]
        assert third != first
        for owner, pem, status in ((key, first, 403), (other, third, 200)):
            held = DeviceKey(private=owner.private, request="", certificate=pem)
            async with running.client(held) as device:
                assert (await pushed(device, "")).status_code == status


async def test_renewing_needs_a_certificate_and_a_token_alone_gets_none(tmp_path: Path) -> None:
    state = tmp_path / "state"
    new_authority(state)
    secret = token(state, SITE)
    body = {"certificate_request": new_key().request}
    by_token = {"Authorization": f"Bearer {secret}"}
    async with secured(tmp_path, "optional") as running, running.client() as client:
        answer = await client.post(PATH_CERTIFICATE, json=body, headers=by_token)
        assert answer.status_code == 403
        assert "none was shown" in answer.json()["error"]
        assert (await client.post(PATH_CERTIFICATE, json=body)).status_code == 401
        assert (await client.get(PATH_CERTIFICATE)).status_code == 405
    store = open_store(state / STORE_FILE)
    assert certificates.listed(store) == []
    store.dispose()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff", 400),
        (b"{}", 400),
        (b'{"certificate_request":"x"}', 400),
        (b'{"certificate_request":"\xc4\x90"}', 400),
        (b'{"certificate_request":"x","site":"ba-dinh"}', 400),
        (b"[" * 4000, 400),
        (b"a" * 5000, 413),
    ],
)
async def test_an_invalid_renewal_is_refused(tmp_path: Path, body: bytes, status: int) -> None:
    state = tmp_path / "state"
    new_authority(state)
    key = enrolled(state, age_s=61 * DAY_S)
    async with secured(tmp_path, "optional") as running, running.client(key) as client:
        answer = await client.post(PATH_CERTIFICATE, content=body)
        assert answer.status_code == status
        assert answer.json()["error"]


async def test_the_same_key_is_not_certified_again(tmp_path: Path) -> None:
    state = tmp_path / "state"
    new_authority(state)
    key = enrolled(state, age_s=61 * DAY_S)
    async with secured(tmp_path, "optional") as running, running.client(key) as client:
        body = {"certificate_request": key.request}
        answer = await client.post(PATH_CERTIFICATE, json=body)
        assert answer.status_code == 400
        assert "new key only" in answer.json()["error"]
