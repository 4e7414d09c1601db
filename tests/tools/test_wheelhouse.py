"""A room as wheels: the same bytes twice, nothing but what was pinned, and no index needed."""

import hashlib
import os
import shutil
import subprocess
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from tools.packages.debian import Package
from tools.packages.wheelhouse import name_of, packed, requirements, write_wheelhouse

ROOT = Path(__file__).parents[2]
EPOCH = 1_790_000_000
PACKAGE = Package(room="agent", version="0.1.0+20261125000000.abcdef0", architecture="amd64")


def wheel(folder: Path, text: str = "SAID = 1\n") -> Path:
    """Make a wheel of one module, as small as the format allows."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "demo_part-1.0-py3-none-any.whl"
    about = "demo_part-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("demo_part.py", text)
        made.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: demo-part\nVersion: 1.0\n")
        made.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        made.writestr(f"{about}/RECORD", "")
    return file


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our own rooms, and pins of which the only one is a wheel beside them."""
    root = tmp_path_factory.mktemp("checkout")
    for room in ("schema", "agent"):
        shutil.copytree(ROOT / room, root / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "LICENSE", root / "LICENSE")
    digest = hashlib.sha256(wheel(root / "index").read_bytes()).hexdigest()
    (root / "requirements").mkdir()
    (root / "requirements" / "agent.txt").write_text(f"demo-part==1.0 --hash=sha256:{digest}\n")
    return root


def built(checkout: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Build the agent's wheelhouse; pip knows no index but the folder beside the rooms."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(EPOCH))
    out.mkdir()
    source = ("--no-index", "--find-links", str(checkout / "index"))
    return write_wheelhouse(checkout, PACKAGE, out, EPOCH, source=source)


def installed(tar: Path, folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    """Unpack a wheelhouse and install it by its own list, without network."""
    subprocess.run(["tar", "--extract", "--file", tar, "--directory", folder], check=True)
    venv.create(folder / "env", with_pip=True)
    return install(folder / tar.name.removesuffix(".tar"), folder, *more)


def install(house: Path, folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    command = [str(folder / "env" / "bin" / "pip"), "install", "--quiet", "--no-index", *more]
    command += ["--find-links", str(house / "wheels"), "--require-hashes"]
    if os.geteuid() == 0:
        command = ["unshare", "--net", "--", *command]
    return subprocess.run(
        [*command, "-r", str(house / "requirements.txt")],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.nightly
def test_the_same_checkout_gives_the_same_bytes_twice(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = built(checkout, tmp_path / "one", monkeypatch)
    other = built(checkout, tmp_path / "other", monkeypatch)
    assert first.name == "thongsuot-agent-wheels_0.1.0+20261125000000.abcdef0_amd64.tar"
    assert first.read_bytes() == other.read_bytes()
    with tarfile.open(first) as archive:
        names = [entry.name.partition("/")[2] for entry in archive]
        assert {(entry.mtime, entry.uid, entry.uname) for entry in archive} == {(EPOCH, 0, "root")}
    assert names == [
        *("", "wheels", "LICENSE", "README", "requirements.txt"),
        "wheels/demo_part-1.0-py3-none-any.whl",
        "wheels/thongsuot_agent-0.1.0-py3-none-any.whl",
        "wheels/thongsuot_schema-0.1.0-py3-none-any.whl",
    ]


@pytest.mark.nightly
def test_it_is_installed_without_an_index_and_a_changed_wheel_is_refused(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tar = built(checkout, tmp_path / "out", monkeypatch)
    # What our rooms need of others is not in this one: only the wheels themselves are installed.
    done = installed(tar, tmp_path, "--no-deps")
    assert done.returncode == 0, done.stderr
    asked = "import demo_part, thongsuot_schema; print(demo_part.SAID)"
    python = str(tmp_path / "env" / "bin" / "python")
    printed = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True)
    assert printed.stdout == "1\n"
    house = tmp_path / name_of(PACKAGE)
    wheel(house / "wheels", "SAID = 2\n")
    refused = install(house, tmp_path, "--no-deps", "--force-reinstall")
    assert refused.returncode != 0
    assert "DO NOT MATCH THE HASHES" in refused.stderr


def test_a_wheel_that_is_not_the_pinned_one_is_not_taken(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "checkout"
    shutil.copytree(checkout, other)
    wheel(other / "index", "SAID = 3\n")
    with pytest.raises(subprocess.CalledProcessError):
        built(other, tmp_path / "out", monkeypatch)


def test_a_wheel_may_have_a_long_name(tmp_path: Path) -> None:
    long = f"demo_part-1.0-cp311-cp311-{'.'.join(['manylinux_2_28_x86_64'] * 5)}.whl"
    file = tmp_path / "house.tar"
    file.write_bytes(packed(PACKAGE, {long: b"x"}, b"", EPOCH))
    done = subprocess.run(["tar", "-tf", str(file)], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == f"{name_of(PACKAGE)}/wheels/{long}"


def test_a_package_with_a_wheel_for_each_python_has_the_hash_of_each() -> None:
    wheels = {"a_b-1.0-cp311-cp311-linux.whl": b"1", "a_b-1.0-cp313-cp313-linux.whl": b"2"}
    listed = requirements(wheels)
    assert listed.startswith("a-b==1.0 \\\n    --hash=sha256:")
    assert [hashlib.sha256(wheel_bytes).hexdigest() in listed for wheel_bytes in (b"1", b"2")] == [
        True,
        True,
    ]


@pytest.mark.fleet
@pytest.mark.parametrize("room", ["agent", "collector"])
def test_a_whole_room_is_installed_without_network_and_starts(
    room: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(EPOCH))
    done = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, check=True)
    architecture = done.stdout.decode().strip()
    package = Package(room=room, version="0.1.0", architecture=architecture)
    tar = write_wheelhouse(ROOT, package, tmp_path, EPOCH)
    assert installed(tar, tmp_path).returncode == 0
    program = str(tmp_path / "env" / "bin" / f"thongsuot-{room}")
    started = subprocess.run([program, "--help"], capture_output=True, text=True, check=True)
    assert started.stdout.startswith(f"usage: thongsuot-{room}")
    checked = subprocess.run(
        [str(tmp_path / "env" / "bin" / "pip"), "check"], capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
