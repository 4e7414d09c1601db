"""Every module of the product can be imported, by whichever Python runs this."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

OF_DEBIAN_ALONE = {"thongsuot_lab.services.modem_objects"}
"""Modules that need what only Debian's own interpreter has: here python3-dbus."""

IMPORT_EACH = """
import importlib
import sys

failed = []
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception as error:
        failed.append(f"{name}: {error!r}")
if failed:
    sys.exit("\\n".join(failed))
"""


def test_every_module_can_be_imported() -> None:
    sources = sorted(ROOT.glob("*/src"))
    files = [
        file.relative_to(source)
        for source in sources
        for file in sorted(source.glob("thongsuot_*/**/*.py"))
        if file.name != "__main__.py"
    ]
    names = {".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in files}
    assert names > OF_DEBIAN_ALONE
    assert len(names) > 500, "the rooms were not found"
    # In a process of its own: this one keeps what it has imported.
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EACH, *sorted(names - OF_DEBIAN_ALONE)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
