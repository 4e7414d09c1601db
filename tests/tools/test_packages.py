"""Packages for real machines: what goes where, and the same bytes from the same tree."""

import json
import os
import platform
import re
import shutil
import subprocess
import sysconfig
import zipfile
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from tools.packages.contents import MACHINES, compiler_for, own_wheels, share
from tools.packages.debian import Package, write_package
from tools.packages.parts import list_of_parts, parts_of

ROOT = Path(__file__).parents[2]
EPOCH = 1_790_000_000
PACKAGE = Package(room="agent", version="0.1.0+20261125000000.abcdef0", architecture="arm64")


def tree(folder: Path) -> Path:
    made = folder / "usr" / "lib" / "thongsuot-agent"
    made.mkdir(parents=True)
    (made / "b.py").write_text("b = 1\n", encoding="utf-8")
    (made / "a.py").write_text("a = 1\n", encoding="utf-8")
    launcher = folder / "usr" / "bin" / "thongsuot-agent"
    launcher.parent.mkdir()
    launcher.write_text("#!/bin/sh\n", encoding="utf-8")
    launcher.chmod(0o700)
    return folder


def listed(file: Path) -> dict[str, str]:
    done = subprocess.run(
        ["dpkg-deb", "--contents", str(file)], check=True, capture_output=True, text=True
    )
    words = [line.split() for line in done.stdout.splitlines()]
    return {fields[5]: f"{fields[0]} {fields[1]}" for fields in words}


def test_the_same_tree_gives_the_same_bytes_whenever_and_by_whomever(tmp_path: Path) -> None:
    files: list[Path] = []
    for name in ("one", "two"):
        made = tree(tmp_path / name)
        os.utime(made / "usr/lib/thongsuot-agent/a.py", (len(files), len(files)))
        (tmp_path / f"out-{name}").mkdir()
        files.append(write_package(PACKAGE, made, tmp_path / f"out-{name}", EPOCH))
    assert files[0].name == "thongsuot-agent_0.1.0+20261125000000.abcdef0_arm64.deb"
    assert files[0].read_bytes() == files[1].read_bytes()
    contents = listed(files[0])
    assert contents["./usr/bin/thongsuot-agent"] == "-rwxr-xr-x root/root"
    assert contents["./usr/lib/thongsuot-agent/a.py"] == "-rw-r--r-- root/root"


@pytest.mark.parametrize("room", ["agent", "collector"])
def test_the_list_of_parts_is_what_cyclonedx_says_it_is(room: str) -> None:
    package = Package(room=room, version=PACKAGE.version, architecture="arm64")
    text = list_of_parts(ROOT, package, EPOCH)
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(text) is None
    document = json.loads(text)
    assert len(document["components"]) > 5
    name = document["metadata"]["component"]["purl"]
    assert name == f"pkg:deb/thongsuot-{room}@0.1.0%2B20261125000000.abcdef0?arch=arm64"
    document["components"][0]["type"] = "thing"
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(json.dumps(document)) is not None


def test_the_scripts_of_a_package_are_sound_shell(tmp_path: Path) -> None:
    file = write_package(PACKAGE, tree(tmp_path / "tree"), tmp_path, EPOCH)
    control = tmp_path / "control"
    subprocess.run(["dpkg-deb", "--control", str(file), str(control)], check=True)
    fields = (control / "control").read_text(encoding="utf-8")
    depends = "Depends: python3 (>= 3.11), python3 (<< 3.14), libc6 (>= 2.28), ca-certificates"
    assert depends in fields
    for name in ("postinst", "prerm", "postrm"):
        subprocess.run(["sh", "-n", str(control / name)], check=True)
        if checker := shutil.which("shellcheck"):
            subprocess.run([checker, str(control / name)], check=True)


def test_only_what_is_the_same_for_every_python_is_shared(tmp_path: Path) -> None:
    folders = [tmp_path / "3.11", tmp_path / "3.13"]
    for folder in folders:
        (folder / "pure").mkdir(parents=True)
        (folder / "pure" / "__init__.py").write_text("", encoding="utf-8")
        (folder / "compiled").mkdir()
        (folder / "compiled" / f"core-{folder.name}.so").write_bytes(b"\x7fELF")
        (folder / "compiled.libs").mkdir()
        (folder / "compiled.libs" / "libc.so").write_bytes(b"\x7fELF")
        (folder / "other").mkdir()
        (folder / "other" / "x.py").write_text(f"# {folder.name}\n", encoding="utf-8")
    share(folders, tmp_path / "common")
    assert sorted(path.name for path in (tmp_path / "common").iterdir()) == [
        "compiled.libs",
        "pure",
    ]
    for folder in folders:
        names = sorted(path.name for path in folder.iterdir())
        assert names == ["compiled", "compiled.libs", "other", "thongsuot.pth"]
        assert (folder / "compiled.libs").is_symlink()


def test_every_pinned_dependency_is_a_part_with_its_hashes() -> None:
    text = (ROOT / "requirements" / "agent.txt").read_text(encoding="utf-8")
    parts = parts_of(text)
    assert {"msgspec", "pycurl", "zstandard"} <= {part["name"] for part in parts}
    assert len(parts) == text.count("==")
    assert all(len(part["hashes"]) >= 1 for part in parts)


ELF_MACHINES = {"amd64": 0x3E, "arm64": 0xB7}
"""Of the header of an ELF file: EM_X86_64, EM_AARCH64."""


def test_the_collectors_wheels_have_the_kernel_compiled_for_their_architecture(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for architecture, machine in ELF_MACHINES.items():
        folder = tmp_path / architecture
        wheels = own_wheels(ROOT, "collector", folder, architecture)
        kernels = [wheel for wheel in wheels if wheel.name.startswith("thongsuot_kernel-")]
        if not compiler_for(architecture):
            assert kernels == []
            assert f"no compiler for {architecture}" in capfd.readouterr().err
            continue
        (wheel,) = kernels
        assert wheel.name.endswith(f"-cp311-abi3-linux_{MACHINES[architecture]}.whl")
        with zipfile.ZipFile(wheel) as archive:
            library = archive.read("thongsuot_kernel/loops.abi3.so")
        assert library[:4] == b"\x7fELF"
        assert int.from_bytes(library[18:20], "little") == machine
        # Nothing newer of the C library than Debian 12's (2.36) is asked for.
        versions = re.findall(rb"GLIBC_2\.(\d+)", library)
        assert all(int(minor) <= 36 for minor in versions)


def test_a_compiler_without_headers_of_a_c_library_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    native = {machine: name for name, machine in MACHINES.items()}[platform.machine()]
    if not compiler_for(native):
        pytest.skip("no C compiler here")
    (other,) = set(MACHINES) - {native}
    headless = tmp_path / "bin" / f"{MACHINES[other]}-linux-gnu-gcc"
    headless.parent.mkdir()
    headless.write_text(f'#!/bin/sh\nexec {shutil.which("gcc")} -nostdinc "$@"\n', "utf-8")
    headless.chmod(0o755)
    monkeypatch.setenv("PATH", f"{headless.parent}:{os.environ['PATH']}")
    wheels = own_wheels(ROOT, "collector", tmp_path / "wheels", other)
    assert not [wheel for wheel in wheels if wheel.name.startswith("thongsuot_kernel-")]
    assert f"libc6-dev-{other}-cross" in capfd.readouterr().err


def test_a_kernel_compiled_for_the_tests_here_is_in_no_package(tmp_path: Path) -> None:
    architecture = {machine: name for name, machine in MACHINES.items()}[platform.machine()]
    if not compiler_for(architecture):
        pytest.skip("no C compiler here")
    root = tmp_path / "checkout"
    for room in ("schema", "collector", "kernel"):
        ignored = shutil.ignore_patterns("build", "__pycache__")
        shutil.copytree(ROOT / room, root / room, ignore=ignored)
    stale = root / "kernel" / "build" / "lib.linux-x86_64-cpython-311" / "thongsuot_kernel"
    stale.mkdir(parents=True)
    (stale / "loops.abi3.so").write_bytes(b"compiled for the tests")
    (stale / "left_over.py").write_text("made_by_an_earlier_build = True\n", encoding="utf-8")
    (root / "kernel" / "src" / "thongsuot_kernel" / "loops.c").chmod(0o600)
    folder = tmp_path / "wheels"
    wheels = own_wheels(root, "collector", folder, architecture)
    (wheel,) = (wheel for wheel in wheels if wheel.name.startswith("thongsuot_kernel-"))
    with zipfile.ZipFile(wheel) as archive:
        library = archive.read("thongsuot_kernel/loops.abi3.so")
        assert "thongsuot_kernel/left_over.py" not in archive.namelist()
        assert archive.getinfo("thongsuot_kernel/loops.c").external_attr >> 16 & 0o777 == 0o644
    assert library[:4] == b"\x7fELF"
    assert sysconfig.get_config_var("prefix").encode() not in library, "a path of this machine"
