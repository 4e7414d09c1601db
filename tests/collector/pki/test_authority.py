"""The collector's own authority on the disk: made, followed by another, cut short in between."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from thongsuot_collector.errors import AuthorityError
from thongsuot_collector.pki import authority
from thongsuot_collector.pki.authority import CertificateAuthority

NOW = datetime.now(UTC)
YEAR = timedelta(days=365)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an authority."""
    authority.create_authority(tmp_path / "ca", now=NOW, lifetime=YEAR)
    return tmp_path / "ca"


def trusted(folder: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(authority.trusted_pem(folder).encode())


def renewed(folder: Path) -> CertificateAuthority:
    return authority.renew_authority(folder, now=NOW, lifetime=2 * YEAR)


def test_earlier_authorities_stay_trusted_and_only_the_newest_key_is_kept(folder: Path) -> None:
    first = authority.load_authority(folder)
    second = renewed(folder)
    third = renewed(folder)
    assert authority.load_authority(folder).serial == third.serial
    serials = [certificate.serial_number for certificate in trusted(folder)]
    assert serials[0] == third.serial
    assert sorted(serials) == sorted((first.serial, second.serial, third.serial))
    assert len({ca.name for ca in (first, second, third)}) == 3
    assert [path.name for path in folder.iterdir() if path.suffix == ".key"] == ["ca.key"]
    assert not list(folder.glob("*.new"))
    assert (folder / "ca.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("renames", range(3))
def test_renewing_that_is_cut_short_leaves_one_whole_authority(
    folder: Path, renames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = authority.load_authority(folder)
    left = renames
    rename = Path.rename

    def cut(path: Path, target: Path) -> Path:
        nonlocal left
        if left == 0:
            raise OSError("the power is gone")
        left -= 1
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", cut)
    with pytest.raises(OSError, match="power"):
        renewed(folder)
    monkeypatch.undo()
    loaded = authority.load_authority(folder)
    # Of three renames the second decides: from then on it is the new one.
    assert (loaded.serial == first.serial) == (renames < 2)
    assert first.serial in {certificate.serial_number for certificate in trusted(folder)}
    # Cut short a second time, before anything took its place.
    left = 1
    monkeypatch.setattr(Path, "rename", cut)
    with pytest.raises(OSError, match="power"):
        renewed(folder)
    monkeypatch.undo()
    assert authority.load_authority(folder).serial == loaded.serial
    again = renewed(folder)
    assert authority.load_authority(folder).serial == again.serial
    assert {first.serial, loaded.serial, again.serial} == {
        certificate.serial_number for certificate in trusted(folder)
    }


def test_unusable_input_is_named(folder: Path) -> None:
    renewed(folder)
    (before,) = folder.glob(authority.BEFORE_FILES)
    before.write_text("nonsense")
    with pytest.raises(AuthorityError, match=str(before)):
        authority.trusted_pem(folder)
    before.unlink()
    other = folder.parent / "other"
    authority.create_authority(other, now=NOW, lifetime=YEAR)
    (other / "ca.key").replace(folder / "ca.key")
    with pytest.raises(AuthorityError, match="is not the key of"):
        authority.load_authority(folder)
    (folder / "ca.key").chmod(0o644)
    with pytest.raises(AuthorityError, match="may be used by others"):
        renewed(folder)
