"""
A device gets its certificate with its token, shows it, renews it: the agent's own code and command
against a real collector, by TLS.
"""

import asyncio
import os
import shutil
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec
import pytest
from cryptography import x509

from tests.collector.pki.secured import DAY_S, enrolled, new_authority
from tests.collector.running import WITHIN_S, eventually
from tests.integration.certified_device import (
    RENEWAL_S,
    SITE,
    CertifiedDevice,
    CertifyingCollector,
    certifying_collector,
    error_of,
)
from tests.integration.test_enrolment import code_for
from thongsuot_agent.identity.certificate_file import CertificateFile, PendingCertificate
from thongsuot_agent.identity.renewal import CHECK_EVERY_S
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.store import certificates
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.renewal import PATH_CERTIFICATE


async def test_a_code_brings_token_and_certificate_and_a_token_alone_does_not_push(
    tmp_path: Path,
) -> None:
    async with certifying_collector(tmp_path / "centre") as at:
        device = CertifiedDevice(tmp_path / "device", at)
        status, output = await device.enrol(code_for(at.state, SITE))
        assert (status, f"certificate in {device.file}" in output) == (0, True), output
        assert device.file.stat().st_mode & 0o777 == 0o600
        assert [path.name for path in device.file.parent.iterdir()] == ["certificate.pem"]
        certificate = x509.load_pem_x509_certificate(device.file.read_bytes())
        assert certificate.subject.rfc4514_string() == f"CN={SITE}"
        assert (await device.push()).status == 400
        device.file.rename(tmp_path / "elsewhere")
        refused = await device.push()
        assert refused.status == 403
        assert "a client certificate is required" in error_of(refused)
        assert at.audited() == ["code_created", "enrolled", "certificate_issued"]
        device.uploader.close()


async def test_a_device_that_is_enrolled_again_ends_the_certificate_before(tmp_path: Path) -> None:
    async with certifying_collector(tmp_path / "centre") as at:
        device = CertifiedDevice(tmp_path / "device", at)
        assert (await device.enrol(code_for(at.state, SITE)))[0] == 0
        lost = CertifiedDevice(tmp_path / "lost", at)
        shutil.copytree(device.folder, lost.folder, dirs_exist_ok=True)
        assert (await lost.push()).status == 400
        # Re-imaged: nothing is left of what it had.
        shutil.rmtree(device.folder / "state")
        (device.folder / "agent.token").unlink()
        assert (await device.enrol(code_for(at.state, SITE)))[0] == 0
        assert (await device.push()).status == 400
        refused = await lost.push()
        assert refused.status == 403
        assert "was revoked" in error_of(refused)
        # Nor does the old one renew itself back in.
        answer = await lost.uploader.post(PATH_CERTIFICATE, "application/json", b"{}")
        assert answer.status == 403
        assert at.audited().count("certificate_revoked") == 1
        for holder in (device, lost):
            holder.uploader.close()


async def test_at_two_thirds_of_its_life_a_certificate_is_renewed_for_a_new_key(
    tmp_path: Path,
) -> None:
    async with certifying_collector(tmp_path / "centre") as at:
        device = CertifiedDevice(tmp_path / "device", at)
        await device.given(age_s=59 * DAY_S)
        before, key = device.serial(), device.file.read_text()
        assert await device.renewal.renew_if_due() == CHECK_EVERY_S
        assert device.serial() == before, "not due yet"
        await device.given(age_s=RENEWAL_S)
        before, key = device.serial(), device.file.read_text()
        assert (await device.push()).status == 400
        assert await device.renewal.renew_if_due() == CHECK_EVERY_S
        assert device.renewal.problem == ""
        assert device.serial() != before
        assert device.file.read_text().split("-----END")[0] != key.split("-----END")[0]
        assert [path.name for path in device.file.parent.iterdir()] == ["certificate.pem"]
        assert (await device.push()).status == 400
        # It is the new one that was shown: with it revoked, nothing gets in.
        store = open_store(at.state / STORE_FILE)
        assert certificates.revoke(store, SITE, device.serial()) == 1
        store.dispose()
        await until_refused(device, "was revoked")
        assert "certificate_issued" in at.audited()
        device.uploader.close()


async def until_refused(device: CertifiedDevice, why: str) -> None:
    """Wait until a running collector knows what the store was told."""
    deadline_s = time.monotonic() + WITHIN_S
    while (answer := await device.push()).status == 400:
        assert time.monotonic() < deadline_s
        await asyncio.sleep(0.05)
    assert (answer.status, why in error_of(answer)) == (403, True)


async def test_a_certificate_is_not_renewed_again_and_again(tmp_path: Path) -> None:
    async with certifying_collector(tmp_path / "centre") as at:
        device = CertifiedDevice(tmp_path / "device", at)
        await device.given(age_s=0)
        body = msgspec.json.encode(
            {"certificate_request": await PendingCertificate(device.folder / "x.pem").request()}
        )
        answer = await device.uploader.post(PATH_CERTIFICATE, "application/json", body)
        assert answer.status == 429
        assert int(answer.retry_after) > 29 * DAY_S
        device.uploader.close()


def cut_before_anything_was_kept(device: CertifiedDevice, waiting: str) -> None:
    (device.file.parent / "certificate.pem.next.half").write_text(waiting[: len(waiting) // 2])


def cut_before_the_request_was_sent(device: CertifiedDevice, waiting: str) -> None:
    (device.file.parent / "certificate.pem.next").write_text(waiting)


def cut_while_the_new_pair_was_written(device: CertifiedDevice, waiting: str) -> None:
    cut_before_the_request_was_sent(device, waiting)
    (device.file.parent / "certificate.pem.half").write_text(waiting[: len(waiting) // 3])


@pytest.mark.parametrize(
    "cut",
    [
        cut_before_anything_was_kept,
        cut_before_the_request_was_sent,
        cut_while_the_new_pair_was_written,
    ],
)
@pytest.mark.parametrize("is_answered", [False, True])
async def test_whatever_a_power_cut_leaves_there_is_a_pair_that_works_and_the_next_one_comes(
    tmp_path: Path, cut: Callable[[CertifiedDevice, str], None], is_answered: bool
) -> None:
    async with certifying_collector(tmp_path / "centre") as at:
        device = CertifiedDevice(tmp_path / "device", at)
        await device.given(age_s=RENEWAL_S)
        before = device.serial()
        following = PendingCertificate(device.file)
        request = await following.request()
        waiting_file = device.file.parent / "certificate.pem.next"
        waiting = waiting_file.read_text()
        assert waiting_file.stat().st_mode & 0o777 == 0o600
        if is_answered and cut is not cut_before_anything_was_kept:
            # The collector has issued it; the answer was lost, or not yet kept.
            body = msgspec.json.encode({"certificate_request": request})
            answered = await device.uploader.post(PATH_CERTIFICATE, "application/json", body)
            assert answered.status == 200
        waiting_file.unlink()
        cut(device, waiting)
        started = CertifiedDevice(tmp_path / "device", at)
        assert (await started.push()).status == 400
        assert started.serial() == before
        await started.renewal.renew_if_due()
        assert started.renewal.problem == ""
        assert started.serial() != before
        assert (await started.push()).status == 400
        assert not waiting_file.exists()
        for holder in (device, started):
            holder.uploader.close()


async def test_a_power_cut_after_the_rename_leaves_the_new_pair_and_no_key_that_waits(
    tmp_path: Path,
) -> None:
    async with certifying_collector(tmp_path / "centre") as at:
        device = CertifiedDevice(tmp_path / "device", at)
        await device.given(age_s=RENEWAL_S)
        await PendingCertificate(device.file).request()
        waiting_file = device.file.parent / "certificate.pem.next"
        waiting = waiting_file.read_text()
        await device.renewal.renew_if_due()
        assert (await device.push()).status == 400
        waiting_file.write_text(waiting)
        # The key that waits is the one in use: the next renewal makes a new one.
        request = await PendingCertificate(device.file).request()
        assert request not in waiting
        device.uploader.close()


async def test_the_second_of_two_devices_with_one_certificate_is_found_when_it_renews(
    tmp_path: Path,
) -> None:
    async with certifying_collector(tmp_path / "centre") as at:
        first = CertifiedDevice(tmp_path / "first", at)
        await first.given(age_s=RENEWAL_S)
        second = CertifiedDevice(tmp_path / "second", at)
        shutil.copytree(first.folder, second.folder, dirs_exist_ok=True)
        second.config.write_text(
            second.config.read_text().replace(str(first.folder), str(second.folder))
        )
        await first.renewal.renew_if_due()
        assert first.renewal.problem == ""
        wait_s = await second.renewal.renew_if_due()
        assert wait_s >= 60
        assert "another device has it too" in second.renewal.problem
        assert at.audited()[-1] == "certificate_refused"
        # Nothing is refused but the next certificate: which of them is right, nobody knows yet.
        assert (await second.push()).status == 400
        for holder in (first, second):
            holder.uploader.close()


async def test_an_expired_certificate_is_not_presented_and_a_token_is_enough_if_none_is_required(
    tmp_path: Path,
) -> None:
    async with certifying_collector(tmp_path / "centre", "optional") as at:
        device = CertifiedDevice(tmp_path / "device", at)
        await device.given(age_s=91 * DAY_S)
        assert (await device.push()).status == 400
        assert device.pair() == b""
        await device.renewal.renew_if_due()
        assert "has run out" in device.renewal.problem
        # A clock that nobody vouches for is no reason to hide it; the collector says what is wrong.
        unsure = CertificateFile(device.file, wall_s=lambda: None)
        assert unsure() != b""
        device.uploader.close()


async def test_a_certificate_of_a_lost_authority_does_not_get_through_and_is_counted(
    tmp_path: Path,
) -> None:
    async with certifying_collector(tmp_path / "centre", "optional") as at:
        device = CertifiedDevice(tmp_path / "device", at)
        await device.given(age_s=0)
        new_authority(tmp_path / "lost")
        strange = enrolled(tmp_path / "lost", SITE)
        shutil.move(strange.both(tmp_path), device.file)
        device.file.chmod(0o600)
        answer = await device.push()
        assert answer.status == 0
        assert "its certificate was shown" in answer.problem
        line = 'thongsuot_collector_client_certificates_refused_total{reason="foreign"}'

        async def is_counted() -> bool:
            return line in await asyncio.to_thread(fetched, at)

        # The device may know of the refusal before the collector has counted it.
        await eventually(is_counted)
        # Without it the token still does.
        device.file.unlink()
        assert (await device.push()).status == 400
        device.uploader.close()


def fetched(at: CertifyingCollector) -> str:
    """Return ``/metrics``, as a browser without a certificate reads it."""
    return httpx.get(
        f"{at.url}/metrics", verify=ssl.create_default_context(cafile=at.ca_file), timeout=WITHIN_S
    ).text


async def test_a_collector_that_asks_for_none_gives_none_and_the_old_one_goes(
    tmp_path: Path,
) -> None:
    async with certifying_collector(tmp_path / "centre", "off") as at:
        device = CertifiedDevice(tmp_path / "device", at)
        await device.given(age_s=0)
        status, output = await device.enrol(code_for(at.state, SITE))
        assert (status, "certificate" in output) == (0, False)
        assert list(device.file.parent.iterdir()) == []
        assert (await device.push()).status == 400
        device.uploader.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root leaves files to others")
async def test_root_leaves_the_pair_to_whom_the_state_folder_belongs(tmp_path: Path) -> None:
    async with certifying_collector(tmp_path / "centre") as at:
        device = CertifiedDevice(tmp_path / "device", at)
        (device.folder / "state").mkdir()
        os.chown(device.folder / "state", 4711, 4711)
        assert (await device.enrol(code_for(at.state, SITE)))[0] == 0
        assert device.file.stat().st_uid == 4711
        device.uploader.close()
