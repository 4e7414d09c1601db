"""``ca`` as a person uses it."""

import time
from pathlib import Path

import pytest
from cryptography import x509

from tests.collector.pki.secured import SITE, enrolled
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.cli.main import main
from thongsuot_collector.store import audit, certificates
from thongsuot_collector.store.certificates import Certificate
from thongsuot_collector.store.engine import open_store

DAY_NS = 86_400 * 10**9


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "collector.toml"
    path.write_text('state_dir = "state"\n')
    return path


def test_an_authority_is_made_shown_and_not_made_again(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ("--config", str(config))
    assert main(("ca", "show", *common)) == 1
    assert "ca init" in capsys.readouterr().err
    assert main(("ca", "init", "--days", "100", *common)) == 0
    captured = capsys.readouterr()
    assert "authority valid until" in captured.out
    assert "PRIVATE" not in captured.out + captured.err
    assert main(("ca", "show", *common)) == 0
    shown = capsys.readouterr().out
    assert x509.load_pem_x509_certificate(shown.encode()).issuer
    assert main(("ca", "init", *common)) == 1
    assert "left alone" in capsys.readouterr().err
    assert main(("audit", *common)) == 0
    assert "authority_created" in capsys.readouterr().out


def test_an_authority_takes_anothers_place(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ("--config", str(config))
    assert main(("ca", "renew", *common)) == 1
    assert "ca init" in capsys.readouterr().err
    assert main(("ca", "init", *common)) == 0
    assert main(("ca", "show", *common)) == 0
    before = capsys.readouterr().out.splitlines()[-3]
    assert main(("ca", "renew", "--days", "400", *common)) == 0
    captured = capsys.readouterr()
    assert "stays valid" in captured.err
    assert "PRIVATE" not in captured.out + captured.err
    assert main(("ca", "show", *common)) == 0
    assert before not in capsys.readouterr().out
    assert main(("audit", *common)) == 0
    assert "authority_renewed" in capsys.readouterr().out


def test_an_authority_is_made_where_there_is_no_configuration_yet(tmp_path: Path) -> None:
    state = tmp_path / "state"
    words = ("ca", "init", "--config", str(tmp_path / "none"), "--state-dir", str(state))
    assert main(words) == 0
    assert (state / "ca" / "ca.key").stat().st_mode & 0o777 == 0o600


def test_issued_certificates_are_listed_and_revoked(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ("--config", str(config))
    assert main(("ca", "init", *common)) == 0
    state = tmp_path / "state"
    enrolled(state, SITE)
    enrolled(state, "ba-dinh", age_s=100 * 86_400)
    capsys.readouterr()
    assert main(("ca", "list", *common)) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    states = {line.split()[1]: line.split()[-1] for line in lines}
    assert states == {SITE: "good", "ba-dinh": "out"}
    serial = next(line.split()[0] for line in lines if SITE in line)
    assert main(("ca", "revoke", SITE, "--serial", serial, *common)) == 0
    assert "revoked: 1" in capsys.readouterr().out
    assert main(("ca", "list", SITE, *common)) == 0
    assert "revoked 20" in capsys.readouterr().out
    for words in ((SITE,), ("ba-dinh",), (SITE, "--serial", serial), ("nowhere",)):
        assert main(("ca", "revoke", *words, *common)) == 1
        assert "no such good certificate" in capsys.readouterr().err
    store = open_store(state / STORE_FILE)
    actions = [row.action for row in audit.listed(store, subject=SITE)]
    store.dispose()
    assert actions == ["certificate_issued", "certificate_revoked"]


def test_a_serial_prefix_shared_by_two_certificates_revokes_neither(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = open_store(tmp_path / "state" / STORE_FILE)
    now_ns = time.time_ns()
    with store.begin() as connection:
        for serial in ("ab1", "ab2"):
            certificate = Certificate(
                serial=serial,
                site=SITE,
                key_digest=serial.encode(),
                issued_ns=now_ns,
                expires_ns=now_ns + DAY_NS,
                pem="",
            )
            certificates.add(connection, certificate, by="test", detail="")
    store.dispose()
    words = ("ca", "revoke", SITE, "--config", str(config), "--serial")
    assert main((*words, "ab")) == 1
    assert "begin with ab" in capsys.readouterr().err
    assert main((*words, "AB2")) == 0


def test_a_collector_that_asks_for_certificates_does_not_start_without_an_authority(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import trustme

    both = tmp_path / "both.pem"
    trustme.CA().issue_cert("x.example").private_key_and_cert_chain_pem.write_to_path(both)
    config.write_text(
        'state_dir = "state"\n[listen]\ncertificate_file = "both.pem"\nkey_file = "both.pem"\n'
        'client_certificates = "optional"\n'
    )
    for word in ("check-config", "run"):
        assert main((word, "--config", str(config))) == 2
        assert "make one by `thongsuot-collector ca init`" in capsys.readouterr().err
    assert main(("ca", "init", "--config", str(config))) == 0
    assert main(("check-config", "--config", str(config))) == 0
