"""
The packages for the other architecture run on it: emulated in user mode, since no such machine is
here. What a kernel does for the agent (``SO_TIMESTAMPING``, BPF) an emulator in user mode lacks.
"""

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tools.build import build

ROOT = Path(__file__).parents[2]
OTHER = {"x86_64": ("arm64", "aarch64"), "aarch64": ("amd64", "x86_64")}
PYTHON = "python3.13"
FUZZED_S = 20.0

pytestmark = pytest.mark.fleet


@dataclass(frozen=True, slots=True, kw_only=True)
class EmulatedRoot:
    """Debian's files of another architecture, unpacked and not configured."""

    root: Path
    emulator: str

    def python(self, room: str, *words: str) -> str:
        """Run Python there with what the package of a room brings; returns what it printed."""
        libraries = self.root / "usr" / "lib" / f"thongsuot-{room}" / "lib"
        folders = [libraries / "common", libraries / PYTHON / "site-packages", ROOT]
        path = ":".join(map(str, folders))
        python = self.root / "usr" / "bin" / PYTHON
        command = [self.emulator, "-L", str(self.root), "-E", f"PYTHONPATH={path}", str(python)]
        done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout.strip()


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> EmulatedRoot:
    architecture, machine = OTHER[platform.machine()]
    emulator = shutil.which(f"qemu-{machine}-static")
    if emulator is None or shutil.which("mmdebstrap") is None or os.geteuid() != 0:
        pytest.skip("qemu-user-static, mmdebstrap and root emulate another architecture")
    folder = tmp_path_factory.mktemp("other")
    root = folder / "root"
    packages = "python3,libpython3.13,ca-certificates"
    unpack = ["--variant=extract", f"--architectures={architecture}", f"--include={packages}"]
    subprocess.run(["mmdebstrap", *unpack, "trixie", root], check=True, capture_output=True)
    for name in ("bin", "lib", "sbin"):
        # What base-files does when it is configured.
        if not (root / name).exists():
            (root / name).symlink_to(f"usr/{name}")
    for file in build(ROOT, folder / "dist", ["agent", "collector"], [architecture]):
        if file.suffix == ".deb":
            subprocess.run(["dpkg-deb", "--extract", file, root], check=True)
    return EmulatedRoot(root=root, emulator=emulator)


@pytest.mark.parametrize("room", ["agent", "collector"])
def test_a_program_says_its_version_there(room: str, emulated: EmulatedRoot) -> None:
    machine = emulated.python(room, "-c", "import platform; print(platform.machine())")
    assert machine == OTHER[platform.machine()][1]
    version = emulated.python(room, "-m", f"thongsuot_{room}.cli.main", "--version")
    assert version.split()[0] == f"thongsuot-{room}"


def test_the_agent_reads_a_configuration_there(emulated: EmulatedRoot, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("x" * 32, encoding="ascii")
    token.chmod(0o600)
    config = tmp_path / "agent.toml"
    config.write_text(
        f'[site]\nname = "ba-vi"\n[collector]\nurl = "http://127.0.0.1:8480"\n'
        f'token_file = "{token}"\n[[links]]\nname = "fixed"\ninterface = "lo"\n'
        f'medium = "fiber"\nresolvers = ["127.0.0.1"]\n',
        encoding="utf-8",
    )
    shown = emulated.python(
        "agent", "-m", "thongsuot_agent.cli.main", "check-config", "--config", str(config)
    )
    assert shown.splitlines()[0] == f"{config}: good"


def test_the_compiled_loops_do_there_what_those_in_python_do(emulated: EmulatedRoot) -> None:
    shown = "from thongsuot_schema.batch import kernel; print(kernel.IMPLEMENTATION)"
    assert emulated.python("collector", "-c", shown) == "compiled"
    fuzz = ["-m", "tests.schema.batch.kernel_fuzz", "20261201", str(FUZZED_S)]
    assert int(emulated.python("collector", *fuzz).split()[0]) > 1_000
