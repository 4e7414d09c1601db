"""A release: what it refuses, what it writes down, and a repository that apt believes."""

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools import build
from tools.apt_repository import SUITE, write_repository
from tools.build import write_sums
from tools.packages.debian import Package, write_package
from tools.private_apt import PrivateApt
from tools.release import ROOMS, ReleaseError, check, prepare, write_provenance
from tools.release_rehearsal import RehearsalError, clone_of, see_repository, throwaway_key

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
    security_note = min((clone / "changelog.d").glob("*.security.md")).read_text(encoding="utf-8")
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
    assert security_note.splitlines()[0] in changes
    left = sorted(path.name for path in (clone / "changelog.d").iterdir())
    assert left == ["README.md", "template.jinja"]
    assert build.version_of(clone, "agent") == VERSION
    assert git(clone, "status", "--porcelain") == ""
    with pytest.raises(ReleaseError, match="is released already"):
        check(clone, VERSION)
    with pytest.raises(ReleaseError, match="nothing has changed"):
        check(clone, "7.9.0")


def test_an_invalid_release_is_refused_and_nothing_changes(clone: Path) -> None:
    head = git(clone, "rev-parse", "HEAD")
    with pytest.raises(ReleaseError, match='"next" is not a version'):
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


def test_lists_of_components_have_their_digests_as_packages_have(tmp_path: Path) -> None:
    made = ("thongsuot-agent_1_amd64.deb", "thongsuot-agent_1_amd64.json", "thongsuot-wheels.tar")
    for name in (*made, "notes.txt"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    lines = write_sums(tmp_path).read_text(encoding="utf-8").splitlines()
    assert lines == [f"{hashlib.sha256(name.encode()).hexdigest()}  {name}" for name in made]


@pytest.fixture
def signing_key() -> Iterator[str]:
    """A key of GnuPG in a keyring of its own."""
    with throwaway_key("release@example.org") as user:
        yield user


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
    assert apt.candidate("thongsuot-agent") == "0.2.0"
    assert apt.candidate("thongsuot-collector") == ""
    see_repository(folder, "0.2.0", ["agent"], ["amd64"])
    with pytest.raises(RehearsalError, match=r"has 0\.2\.0 of thongsuot-agent for amd64, not 0\.3"):
        see_repository(folder, "0.3.0", ["agent"], ["amd64"])
    with pytest.raises(RehearsalError, match="has no version of thongsuot-agent for arm64"):
        see_repository(folder, "0.2.0", ["agent"], ["arm64"])
    release = folder / "dists" / SUITE / "InRelease"
    release.write_text(
        release.read_text(encoding="utf-8").replace("Label: Thong Suot", "Label: Thong Other"),
        encoding="utf-8",
    )
    # apt goes on with what it had, says so, and ends with 0.
    assert "has been manipulated" in apt.run("apt-get", "update").stderr
    with pytest.raises(RehearsalError, match="apt does not take"):
        see_repository(folder, "0.2.0", ["agent"], ["amd64"])


@pytest.mark.servers
def test_a_key_that_is_thrown_away_leaves_the_one_of_the_user_in_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GNUPGHOME", str(tmp_path))
    with throwaway_key():
        used = Path(os.environ["GNUPGHOME"])
        assert used != tmp_path
        assert used.is_dir()
    assert os.environ["GNUPGHOME"] == str(tmp_path)
    assert not used.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_rehearsal_commits_in_a_clone_and_changes_nothing_here(clone: Path) -> None:
    head = git(clone, "rev-parse", "HEAD")
    with clone_of(clone) as other:
        assert prepare(other, VERSION, DAY) == f"v{VERSION}"
        assert git(other, "rev-parse", "HEAD") != head
    assert git(clone, "rev-parse", "HEAD") == head
    assert git(clone, "tag") == ""
    assert git(clone, "status", "--porcelain") == ""
