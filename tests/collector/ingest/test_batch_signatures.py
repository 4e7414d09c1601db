"""
Who vouches for a batch, over real HTTP: with a device's key on record nobody else writes its
site's record, whatever else they have.
"""

import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.collector.batches import BatchSealer, S
from tests.collector.pki.secured import (
    DAY_S,
    DeviceKey,
    enrolled,
    new_authority,
    new_key,
    secured,
)
from tests.collector.running import Pusher, collector, eventually, token
from tests.schema.batch.json_form import encode_json
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.pki import authority
from thongsuot_collector.pki.csr import parse_csr
from thongsuot_collector.pki.issuer import CertificateIssuer
from thongsuot_collector.store import certificates, dead_letters, signing_keys
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.batch import push
from thongsuot_schema.batch.signature import KEY_BYTES, BatchSignature, signed_bytes

SITE = "hoan-kiem"
NOW = 5000 * S


def signature_over(body: bytes, key: DeviceKey) -> str:
    """Sign as a device does that has this key; return the header."""
    public = key.private.public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return BatchSignature(
        key=sha256(der).digest()[:KEY_BYTES],
        value=key.private.sign(signed_bytes(body), ec.ECDSA(SHA256())),
    ).header()


@dataclass
class SigningDevice:
    """A device of a site: its token, and what signs (``None``: nothing)."""

    client: httpx.AsyncClient
    secret: str
    site: str = SITE
    key: DeviceKey | None = None
    sealer: BatchSealer = field(init=False)

    def __post_init__(self) -> None:
        self.sealer = BatchSealer(self.site, epoch_ns=time.time_ns() - NOW)

    def body(self) -> bytes:
        """Seal the next batch."""
        return self.sealer.sealed(self.sealer.batch(NOW))[0]

    async def push(self, body: bytes | None = None, header: str | None = None) -> httpx.Response:
        """Push a batch, signed by the device's key or with another header."""
        content = self.body() if body is None else body
        if header is None:
            header = "" if self.key is None else signature_over(content, self.key)
        return await self.client.post(
            push.PATH_BATCHES,
            content=content,
            headers={
                "Authorization": f"Bearer {self.secret}",
                "Content-Type": push.CONTENT_TYPE_BATCH,
                **({push.HEADER_SIGNATURE: header} if header else {}),
            },
        )


def renew(state_dir: Path, serial: str, key: DeviceKey) -> None:
    """Have the authority renew a certificate for another key, two months later."""
    own = authority.load_authority(state_dir / authority.FOLDER)
    issuer = CertificateIssuer(own, 90 * DAY_S, lambda: time.time() + 61 * DAY_S)
    store = open_store(state_dir / STORE_FILE)
    issuer.renew(store, serial, parse_csr(key.request), by="test")
    store.dispose()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state folder of a collector with an authority of its own."""
    folder = tmp_path / "state"
    new_authority(folder)
    return folder


async def pushes(client: httpx.AsyncClient, reason: str) -> float:
    """Return how many pushes ended so."""
    for line in (await client.get("/metrics")).text.splitlines():
        if line.startswith("thongsuot_collector_pushes_total{") and f'"{reason}"' in line:
            return float(line.rpartition(" ")[2])
    return 0.0


async def test_a_site_that_signs_once_is_refused_without_a_signature(state: Path) -> None:
    key, secret, other = enrolled(state), token(state, SITE), token(state, "tay-ho")
    async with collector(state) as client:
        device = SigningDevice(client, secret)
        assert (await device.push()).status_code == 200, "it has not signed yet"
        device.key = key
        assert (await device.push()).status_code == 200
        device.key = None
        refused = await device.push()
        assert refused.status_code == 403
        assert refused.json()["error"] == (
            f"site {SITE} signs its batches, and this one is not signed"
        )
        assert await pushes(client, "unsigned") == 1
        assert (await SigningDevice(client, other, "tay-ho").push()).status_code == 200
    async with collector(state) as client:
        device.client = client
        assert (await device.push()).status_code == 403, "it is remembered"
        device.key = key
        assert (await device.push()).status_code == 200
        assert "thongsuot_collector_signing_sites 1.0" in (await client.get("/metrics")).text


async def test_a_batch_that_was_changed_on_the_way_is_set_aside_and_the_true_one_kept(
    state: Path,
) -> None:
    key, secret = enrolled(state), token(state, SITE)
    async with collector(state) as client:
        device = SigningDevice(client, secret, key=key)
        assert (await device.push()).status_code == 200
        body = device.body()
        # The same identity and other content, well formed: what a box on the way could make of it.
        device.sealer.number -= 1
        changed = device.sealer.sealed(device.sealer.batch(NOW + S))[0]
        assert changed != body
        refused = await device.push(changed, signature_over(body, key))
        assert refused.status_code == 403
        assert "not over these bytes" in refused.json()["error"]
        assert await pushes(client, "bad_signature") == 1
        assert (await device.push(body)).status_code == 200
        store = open_store(state / STORE_FILE)
        await eventually(lambda: len(dead_letters.listed(store)) == 1)
        (letter,) = dead_letters.listed(store)
        assert (letter.consumer, letter.site, letter.number) == ("signature", SITE, 2)
        kept = dead_letters.get(store, letter.id)
        assert kept is not None
        assert kept.body == changed
        assert dead_letters.request_retry(store, site=SITE, consumer="signature") == []
        store.dispose()


async def test_a_signature_is_good_for_its_own_batch_alone(state: Path) -> None:
    key, secret = enrolled(state), token(state, SITE)
    async with collector(state) as client:
        device = SigningDevice(client, secret, key=key)
        first = device.body()
        assert (await device.push(first)).status_code == 200
        replayed = await device.push(device.body(), signature_over(first, key))
        assert replayed.status_code == 403
        bare = key.private.sign(first, ec.ECDSA(SHA256()))  # signed for another purpose
        der = key.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        header = BatchSignature(key=sha256(der).digest()[:KEY_BYTES], value=bare).header()
        assert (await device.push(first, header)).status_code == 403


async def test_keys_of_other_sites_or_strangers_count_as_no_signature(state: Path) -> None:
    key, secret = enrolled(state), token(state, SITE)
    strangers = new_key()
    others = enrolled(state, "tay-ho")
    async with collector(state) as client:
        for unknown in (strangers, others):
            device = SigningDevice(client, secret, key=unknown)
            device.sealer.stream = f"{id(unknown):016x}"
            assert (await device.push()).status_code == 200, "as good as unsigned"
        device = SigningDevice(client, secret, key=key)
        assert (await device.push()).status_code == 200
        for unknown in (strangers, others):
            device.key = unknown
            refused = await device.push()
            assert refused.status_code == 403
            assert "is not one of its own" in refused.json()["error"]


async def test_a_renewed_key_signs_beside_the_previous_one_and_a_revoked_one_no_longer(
    state: Path,
) -> None:
    before, secret = enrolled(state), token(state, SITE)
    async with collector(state) as client:
        device = SigningDevice(client, secret, key=before)
        assert (await device.push()).status_code == 200
        after = new_key()
        store = open_store(state / STORE_FILE)
        issued = certificates.listed(store, SITE)[0]
        renew(state, issued.serial, after)
        device.key = after
        assert (await device.push()).status_code == 200
        device.key = before
        assert (await device.push()).status_code == 200, "batches of before are on their way"
        assert certificates.revoke(store, SITE, issued.serial) == 1

        async def is_refused() -> bool:
            return (await device.push()).status_code == 403

        await eventually(is_refused)
        device.key = after
        assert (await device.push()).status_code == 200
        retired = {key.digest: key.retired_ns is not None for key in signing_keys.listed(store)}
        assert sorted(retired.values()) == [False, True]
        store.dispose()


async def test_a_device_that_is_enrolled_again_ends_the_key_of_the_one_before(state: Path) -> None:
    key, secret = enrolled(state), token(state, SITE)
    async with collector(state) as client:
        device = SigningDevice(client, secret, key=key)
        assert (await device.push()).status_code == 200
        successor = SigningDevice(client, secret, key=enrolled(state))
        successor.sealer.stream = "ffffffffffffffff"

        async def is_refused() -> bool:
            answer = await device.push()
            return answer.status_code == 403 or bool(answer.json().get("error"))

        assert (await successor.push()).status_code == 200
        await eventually(is_refused)
        assert (await successor.push()).status_code == 200


async def test_pushes_are_signed_also_with_the_key_of_the_presented_certificate(
    tmp_path: Path, state: Path
) -> None:
    key, secret = enrolled(state), token(state, SITE)
    async with secured(tmp_path, "optional") as running:
        async with running.client(key) as client:
            assert (await SigningDevice(client, secret, key=key).push()).status_code == 200
        async with running.client() as client:
            assert (await SigningDevice(client, secret).push()).status_code == 403


async def test_json_by_hand_is_unsigned_and_refused_where_the_site_signs(state: Path) -> None:
    key, secret = enrolled(state), token(state, SITE)
    async with collector(state) as client:
        device = SigningDevice(client, secret, key=key)
        pusher = Pusher(client, device.sealer, secret)
        headers = {
            "Authorization": f"Bearer {secret}",
            "Content-Type": push.CONTENT_TYPE_JSON,
        }
        body = encode_json(pusher.agent.batch(NOW))
        assert (await device.push()).status_code == 200
        answer = await client.post(push.PATH_BATCHES, content=body, headers=headers)
        assert answer.status_code == 403
