"""A release: what it refuses, what it writes down, and a repository that apt believes."""

import datetime as dt
import hashlib
import json
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools import build
from tools.apt_repository import SUITE, write_repository
from tools.packages.debian import Package, write_package
from tools.release import ROOMS, ReleaseError, check, prepare, write_provenance

ROOT = Path(__file__).parents[2]
EPOCH = 1_790_000_000
VERSION = "7.8.9"
DAY = dt.date(2026, 11, 30)


def git(tree: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=tree, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of this repository with its files of today, committed by somebody."""
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Somebody")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "somebody@example.org")
    tree = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--shared", str(ROOT), str(tree)], check=True)
    # What is about to be committed here is part of what is tried.
    for name in git(ROOT, "ls-files", "-m", "-o", "--exclude-standard").splitlines():
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tree / name)
    if git(tree, "status", "--porcelain"):
        git(tree, "add", "--all")
        git(tree, "commit", "-q", "-m", "as here")
    return tree


def test_a_release_carries_its_version_everywhere_and_collects_the_changes(clone: Path) -> None:
    told = min((clone / "changelog.d").glob("*.security.md")).read_text(encoding="utf-8")
    assert "+" in build.version_of(clone, "agent"), "not a release yet"
    check(clone, VERSION)
    assert prepare(clone, VERSION, DAY) == f"v{VERSION}"
    for room in ROOMS:
        document = tomllib.loads((clone / room / "pyproject.toml").read_text(encoding="utf-8"))
        assert document["project"]["version"] == VERSION
    version_module = clone / "agent" / "src" / "thongsuot_agent" / "version.py"
    assert f'VERSION = "{VERSION}"' in version_module.read_text(encoding="utf-8")
    changes = (clone / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {VERSION} ({DAY})" in changes
    assert told.splitlines()[0] in changes
    left = sorted(path.name for path in (clone / "changelog.d").iterdir())
    assert left == ["README.md", "template.jinja"]
    assert build.version_of(clone, "agent") == VERSION
    assert git(clone, "status", "--porcelain") == ""
    with pytest.raises(ReleaseError, match="is released already"):
        check(clone, VERSION)
    with pytest.raises(ReleaseError, match="nothing has changed"):
        check(clone, "7.9.0")


def test_what_is_no_release_is_refused_and_nothing_changes(clone: Path) -> None:
    head = git(clone, "rev-parse", "HEAD")
    with pytest.raises(ReleaseError, match='"next" is no version'):
        check(clone, "next")
    (clone / "README.md").write_text("changed\n", encoding="utf-8")
    with pytest.raises(ReleaseError, match="not committed"):
        check(clone, VERSION)
    assert git(clone, "rev-parse", "HEAD") == head


def test_provenance_names_the_commit_and_every_file_by_its_digest(
    clone: Path, tmp_path: Path
) -> None:
    digest = hashlib.sha256(b"package").hexdigest()
    (tmp_path / "SHA256SUMS").write_text(f"{digest}  a_1_amd64.deb\n", encoding="utf-8")
    statement = json.loads(write_provenance(clone, tmp_path, VERSION).read_text(encoding="utf-8"))
    assert statement["subject"] == [{"name": "a_1_amd64.deb", "digest": {"sha256": digest}}]
    (dependency,) = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert dependency["digest"]["gitCommit"] == git(clone, "rev-parse", "HEAD")


class PrivateApt:
    """An apt that knows one repository and nothing of this machine."""

    def __init__(self, root: Path, repository: Path) -> None:
        for name in ("etc/apt/preferences.d", "state/lists/partial", "cache/archives/partial"):
            (root / name).mkdir(parents=True)
        (root / "state" / "status").touch()
        sources = root / "etc" / "apt" / "sources.list"
        signed = f"[signed-by={repository / 'thongsuot.asc'}]"
        sources.write_text(f"deb {signed} file:{repository} {SUITE} main\n", encoding="utf-8")
        self._options = [
            f"-oDir::Etc={root}/etc/apt",
            f"-oDir::State={root}/state",
            f"-oDir::State::status={root}/state/status",
            f"-oDir::Cache={root}/cache",
            "-oAPT::Architecture=amd64",
            "-oAPT::Architectures=amd64",
            "-oAPT::Sandbox::User=",
            "-oAcquire::Languages=none",
        ]

    def run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run apt-get or apt-cache and return how it ended."""
        command = [program, *self._options, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A key of GnuPG in a keyring of its own, and its agent stopped afterwards."""
    # The socket of gpg-agent stands there: a path that is not too long for one.
    home = tmp_path_factory.mktemp("gpg")
    home.chmod(0o700)
    user = "release@example.org"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GNUPGHOME", str(home))
        batch = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", user]
        subprocess.run([*batch, "ed25519", "sign", "never"], check=True, capture_output=True)
        yield user
        subprocess.run(["gpgconf", "--kill", "all"], check=True)


@pytest.mark.servers
def test_apt_installs_from_a_repository_and_refuses_one_that_was_changed(
    tmp_path: Path, signing_key: str
) -> None:
    packages = []
    for version in ("0.1.0", "0.2.0"):
        tree = tmp_path / version
        (tree / "usr" / "lib" / "thongsuot-agent").mkdir(parents=True)
        package = Package(room="agent", version=version, architecture="amd64")
        packages.append(write_package(package, tree, tmp_path, EPOCH))
    folder = tmp_path / "apt"
    for package_file in packages:
        write_repository([package_file], folder, key=signing_key)
    apt = PrivateApt(tmp_path / "root", folder)
    updated = apt.run("apt-get", "update")
    assert updated.returncode == 0, updated.stderr
    assert "Candidate: 0.2.0\n" in apt.run("apt-cache", "policy", "thongsuot-agent").stdout
    release = folder / "dists" / SUITE / "InRelease"
    release.write_text(
        release.read_text(encoding="utf-8").replace("Label: Thong Suot", "Label: Thong Other"),
        encoding="utf-8",
    )
    # apt goes on with what it had, says so, and ends with 0.
    assert "has been manipulated" in apt.run("apt-get", "update").stderr
