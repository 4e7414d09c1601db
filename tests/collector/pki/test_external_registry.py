"""Certificates of another authority: trusted, revoked and mapped by files that change."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.collector.pki.secured import SITE, DeviceKey, SecuredCollector, pushed, secured
from tests.collector.running import eventually, token
from thongsuot_collector.config.read import parse_configuration
from thongsuot_collector.errors import AuthorityError, PushRefused, RefusalReason
from thongsuot_collector.pki.external_registry import ExternalCertificateRegistry
from thongsuot_collector.pki.peer import peer_from
from thongsuot_collector.pki.settings import CertificateSettings
from thongsuot_runtime.config_file import ConfigInvalid
from thongsuot_schema.enrolment import PATH_ENROL
from thongsuot_schema.renewal import PATH_CERTIFICATE

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


class ForeignAuthority:
    """An authority of somebody else's, with an issuing one below it where that is wanted."""

    def __init__(self, name: str, above: "ForeignAuthority | None" = None) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.above = above
        by = above or self
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(by.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - DAY)
            .not_valid_after(NOW + 365 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(by.key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        """Its own certificate."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def issue(
        self,
        *names: x509.GeneralName,
        cn: str = "x",
        until: datetime = NOW + DAY,
        uses: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.CLIENT_AUTH,),
    ) -> DeviceKey:
        """Issue a certificate; what is between it and the root comes with it."""
        private = ec.generate_private_key(ec.SECP256R1())
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)]))
            .issuer_name(self.name)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 2 * DAY)
            .not_valid_after(until)
            .add_extension(x509.ExtendedKeyUsage(list(uses)), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        made = builder.sign(self.key, hashes.SHA256())
        chain = "" if self.above is None else self.pem
        pem = made.public_bytes(Encoding.PEM).decode()
        return DeviceKey(private=private, request="", certificate=pem + chain)

    def revoking(self, *keys: DeviceKey, until: datetime = NOW + DAY) -> bytes:
        """Return a list of what it has revoked, in DER form."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(NOW - 10 * DAY)
            .next_update(until)
        )
        for key in keys:
            entry = x509.RevokedCertificateBuilder().serial_number(leaf(key).serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(NOW - DAY).build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)


def leaf(key: DeviceKey) -> x509.Certificate:
    return x509.load_pem_x509_certificate(key.certificate.encode())


def dns(name: str) -> x509.DNSName:
    return x509.DNSName(name)


def replaced(path: Path, content: bytes) -> None:
    """Put a file in the place of another, as whoever keeps it does."""
    fresh = path.with_suffix(".fresh")
    fresh.write_bytes(content)
    fresh.replace(path)


def settings(folder: Path, **more: object) -> CertificateSettings:
    return CertificateSettings(
        authorities_file=str(folder / "city.pem"),
        identity="dns:{site}.agents.example",
        **more,  # type: ignore[arg-type]
    )


def site_of(registry: ExternalCertificateRegistry, key: DeviceKey) -> str:
    peer = peer_from(leaf(key).public_bytes(Encoding.DER))
    return registry.site_of(peer, datetime.now(UTC).timestamp())


MORE = """
[certificates]
authorities_file = "../city.pem"
revocation_files = ["../city.crl"]
identity = "dns:{site}.agents.example"
"""


async def pushes_with(running: SecuredCollector, key: DeviceKey) -> int:
    """Return the status of a push over a new connection; 0 where none came about."""
    async with running.client(key) as client:
        try:
            return (await pushed(client, "")).status_code
        except httpx.TransportError:
            return 0


async def test_another_authoritys_certificates_come_in_and_the_collector_issues_none(
    tmp_path: Path,
) -> None:
    root = ForeignAuthority("root")
    below = ForeignAuthority("below", root)
    (tmp_path / "city.pem").write_text(root.pem)
    (tmp_path / "city.crl").write_bytes(root.revoking())
    good = below.issue(dns(f"{SITE}.agents.example"))
    secret = token(tmp_path / "state", "ba-dinh")
    async with secured(tmp_path, "required", MORE) as running:
        assert await pushes_with(running, good) == 200
        async with running.client(good) as client:
            assert (await pushed(client, secret, "ba-dinh")).status_code == 403
            renewal = {"certificate_request": "x"}
            answer = await client.post(PATH_CERTIFICATE, json=renewal)
            assert answer.status_code == 403
            assert "it issues none" in answer.json()["error"]
            assert (await client.post(PATH_ENROL, json={})).status_code == 400
        # A server's certificate of the same authority is no client's.
        server = below.issue(dns(f"{SITE}.agents.example"), uses=(ExtendedKeyUsageOID.SERVER_AUTH,))
        assert await pushes_with(running, server) == 0
        expired = below.issue(dns(f"{SITE}.agents.example"), until=NOW - DAY)
        assert await pushes_with(running, expired) == 0
        async with running.client() as client:
            text = (await client.get("/metrics")).text
        assert 'client_certificates_refused_total{reason="expired"} 1.0' in text
        assert 'client_certificates_refused_total{reason="invalid"} 1.0' in text


async def test_the_expiry_of_authorities_and_lists_is_reported(tmp_path: Path) -> None:
    city, again, other = (
        ForeignAuthority("city"),
        ForeignAuthority(
            "city",
        ),
        ForeignAuthority("other"),
    )
    (tmp_path / "city.pem").write_text(city.pem + again.pem + other.pem)
    (tmp_path / "city.crl").write_bytes(city.revoking())
    prefix = "thongsuot_collector_"
    end_s = (NOW + 365 * DAY).timestamp()
    async with secured(tmp_path, "optional", MORE) as running, running.client() as client:

        async def told() -> dict[str, float]:
            text = (await client.get("/metrics")).text
            lines = [line for line in text.splitlines() if line.startswith(prefix)]
            return {
                name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)
            }

        ends = await told()
        for name in ("city", "other"):
            key = f'{prefix}authority_expiry_timestamp_seconds{{authority="CN={name}"}}'
            assert ends[key] == end_s
        due = f'{prefix}revocation_list_due_timestamp_seconds{{file="city.crl"}}'
        assert ends[due] == (NOW + DAY).timestamp()
        replaced(tmp_path / "city.crl", city.revoking(until=NOW + 2 * DAY))

        async def is_new() -> bool:
            return (await told())[due] == (NOW + 2 * DAY).timestamp()

        await eventually(is_new)


async def test_a_new_list_is_read_while_it_runs_and_open_connections_are_no_exception(
    tmp_path: Path,
) -> None:
    city = ForeignAuthority("city")
    (tmp_path / "city.pem").write_text(city.pem)
    (tmp_path / "city.crl").write_bytes(city.revoking())
    key, other = (city.issue(dns(f"{site}.agents.example")) for site in (SITE, "ba-dinh"))
    async with secured(tmp_path, "required", MORE) as running, running.client(key) as client:
        assert (await pushed(client, "")).status_code == 200
        replaced(tmp_path / "city.crl", city.revoking(key))

        async def is_refused() -> bool:
            return (await pushed(client, "")).status_code == 403

        await eventually(is_refused)
        assert "revoked by its authority" in (await pushed(client, "")).json()["error"]
        async with running.client(other) as another:
            assert (await pushed(another, "", "ba-dinh")).status_code == 200


async def test_a_new_bundle_is_taken_while_it_runs_and_what_it_leaves_out_is_shut_out(
    tmp_path: Path,
) -> None:
    old, new = ForeignAuthority("old"), ForeignAuthority("new")
    (tmp_path / "city.pem").write_text(old.pem)
    before, after = (authority.issue(dns(f"{SITE}.agents.example")) for authority in (old, new))
    more = MORE.replace('revocation_files = ["../city.crl"]', "")
    async with secured(tmp_path, "required", more) as running:
        assert await pushes_with(running, before) == 200
        assert await pushes_with(running, after) == 0
        # For a while both, as authorities are changed.
        replaced(tmp_path / "city.pem", (old.pem + new.pem).encode())

        async def is_taken() -> bool:
            return await pushes_with(running, after) == 200

        await eventually(is_taken)
        assert await pushes_with(running, before) == 200
        replaced(tmp_path / "city.pem", new.pem.encode())

        async def is_shut_out() -> bool:
            return await pushes_with(running, before) == 0

        await eventually(is_shut_out)
        assert await pushes_with(running, after) == 200
        # What is no bundle changes nothing.
        replaced(tmp_path / "city.pem", b"nonsense")
        assert await pushes_with(running, after) == 200


async def test_a_file_that_has_become_wrong_changes_nothing_and_the_next_good_one_counts(
    tmp_path: Path,
) -> None:
    city, stranger = ForeignAuthority("city"), ForeignAuthority("city")
    (tmp_path / "city.pem").write_text(city.pem)
    lists = tmp_path / "city.crl"
    key = city.issue(dns(f"{SITE}.agents.example"))
    lists.write_bytes(city.revoking(key))
    registry = ExternalCertificateRegistry(settings(tmp_path, revocation_files=(str(lists),)))
    for wrong in (b"nonsense", stranger.revoking(), b""):
        replaced(lists, wrong)
        await registry.refresh()
        with pytest.raises(PushRefused, match="revoked"):
            site_of(registry, key)
    lists.unlink()
    await registry.refresh()
    with pytest.raises(PushRefused, match="revoked"):
        site_of(registry, key)
    replaced(lists, city.revoking())
    await registry.refresh()
    assert site_of(registry, key) == SITE


def test_an_overdue_list_stays_valid(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    city = ForeignAuthority("city")
    (tmp_path / "city.pem").write_text(city.pem)
    key = city.issue(dns(f"{SITE}.agents.example"))
    lists = tmp_path / "city.crl"
    lists.write_bytes(city.revoking(key, until=NOW - DAY))
    registry = ExternalCertificateRegistry(settings(tmp_path, revocation_files=(str(lists),)))
    assert "is overdue" in caplog.text
    assert registry.ends.lists == {"city.crl": (NOW - DAY).timestamp()}
    with pytest.raises(PushRefused, match="revoked"):
        site_of(registry, key)


@pytest.mark.parametrize(
    ("names", "cn", "site"),
    [
        ((dns("hoan-kiem.agents.example"),), "x", "hoan-kiem"),
        ((dns("HOAN-KIEM.agents.example"),), "x", "hoan-kiem"),
        ((dns("elsewhere.example"), dns("ba-dinh.agents.example")), "x", "ba-dinh"),
        ((), "router-17", "dong-da"),
        ((dns("x.example"),), "router-17", "dong-da"),
    ],
)
def test_a_name_leads_to_its_site(
    tmp_path: Path, names: tuple[x509.GeneralName, ...], cn: str, site: str
) -> None:
    city = ForeignAuthority("city")
    (tmp_path / "city.pem").write_text(city.pem)
    registry = ExternalCertificateRegistry(settings(tmp_path, sites={"cn:router-17": "dong-da"}))
    assert site_of(registry, city.issue(*names, cn=cn)) == site


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        ((), "names no site"),
        ((dns("agents.example"),), "names no site"),
        ((dns("hoan-kiem.agents.example.evil.example"),), "names no site"),
        ((dns("hoan-kiem-agents.example"),), "names no site"),
        ((x509.UniformResourceIdentifier("hoan-kiem.agents.example"),), "names no site"),
        ((dns("a.agents.example"), dns("b.agents.example")), "more than one site: a, b"),
    ],
)
def test_a_certificate_without_exactly_one_site_name_is_refused(
    tmp_path: Path, names: tuple[x509.GeneralName, ...], complaint: str
) -> None:
    city = ForeignAuthority("city")
    (tmp_path / "city.pem").write_text(city.pem)
    # The common name fits the pattern; only a DNS name may.
    key = city.issue(*names, cn="hoan-kiem.agents.example")
    with pytest.raises(PushRefused, match=complaint) as refused:
        site_of(ExternalCertificateRegistry(settings(tmp_path)), key)
    assert refused.value.why is RefusalReason.CERTIFICATE_UNKNOWN


def test_files_that_are_wrong_at_the_start_are_named(tmp_path: Path) -> None:
    city = ForeignAuthority("city")
    bundle = tmp_path / "city.pem"
    with pytest.raises(AuthorityError, match="cannot read authorities"):
        ExternalCertificateRegistry(settings(tmp_path))
    bundle.write_text(city.issue(dns("x.example")).certificate)
    with pytest.raises(AuthorityError, match="CN=x is not an authority"):
        ExternalCertificateRegistry(settings(tmp_path))
    bundle.write_text(city.pem)
    lists = tmp_path / "other.crl"
    lists.write_bytes(ForeignAuthority("other").revoking())
    with pytest.raises(AuthorityError, match="not signed by an authority"):
        ExternalCertificateRegistry(settings(tmp_path, revocation_files=(str(lists),)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[listen]\nclient_certificates = "optional"\n', "only who ends the TLS"),
        ('[certificates]\nidentity = "dns:agents.example"\n', "a pattern with one {site}"),
        ('[certificates]\nidentity = "mail:{site}"\n', "is not uri:, dns: or cn:"),
        ('[certificates]\nrevocation_files = ["x"]\n', "belong to authorities_file"),
        ("[certificates]\nlifetime_s = 60\n", "3600"),
    ],
)
def test_contradictions_are_refused_at_the_start(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        parse_configuration(f'state_dir = "x"\n{text}', file="test.toml", folder=tmp_path)
    assert sentence in str(refused.value)
