"""A root file system of Debian with one of our packages in it, as a tar: mmdebstrap(1)."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

SUITE = "trixie"
_PACKAGE_INSIDE = "/thongsuot.deb"
_INSTALL = "apt-get install --yes --no-install-recommends"
_NOT_NEEDED = (
    "var/cache/apt/*",
    "var/lib/apt/lists/*",
    "var/log/*",
    "usr/share/doc/*",
    "usr/share/man/*",
    "var/cache/debconf/*-old",
    "var/lib/dpkg/*-old",
    "etc/machine-id",
    "var/cache/ldconfig/aux-cache",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RootRecipe:
    """
    Content beside Debian's essential packages: ``package`` is one of ours, ``include`` are names of
    Debian packages. ``mirror`` is an address, or empty for mmdebstrap's default. ``hooks`` run at
    the end, as mmdebstrap's ``--customize-hook``.
    """

    package: Path
    architecture: str
    include: tuple[str, ...] = ()
    mirror: str = ""
    components: str = "main"
    hooks: tuple[str, ...] = ()


def write_root(recipe: RootRecipe, file: Path, epoch: int) -> None:
    """
    Write the root file system into a tar; the same package, mirror and time give the same bytes.

    Raises:
        subprocess.CalledProcessError: mmdebstrap failed; its output is on the terminal.
    """
    hooks = [
        # Installed by apt, so that its dependencies are installed with it.
        f"--customize-hook=copy-in {recipe.package} /",
        f"--customize-hook=mv $1/{recipe.package.name} $1{_PACKAGE_INSIDE}",
        f"--customize-hook=chroot $1 {_INSTALL} {_PACKAGE_INSIDE}",
        f"--customize-hook=rm $1{_PACKAGE_INSIDE}",
        *(f"--customize-hook={hook}" for hook in recipe.hooks),
        # Files that differ from one run to the next, and files that a container does not need.
        f"--customize-hook=cd $1 && rm -rf {' '.join(_NOT_NEEDED)}",
    ]
    command = [
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        f"--architectures={recipe.architecture}",
        f"--include={','.join(('ca-certificates', *recipe.include))}",
        f"--components={recipe.components.replace(' ', ',')}",
        "--aptopt=Apt::Install-Recommends false",
        *hooks,
        SUITE,
        str(file),
        *([f"deb {recipe.mirror} {SUITE} {recipe.components}"] if recipe.mirror else []),
    ]
    subprocess.run(command, check=True, env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)})


def mirror_of_this_machine() -> str:
    """Return the address of the mirror that this machine's own apt uses for the suite, if any."""
    shown = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)"],
        capture_output=True,
        text=True,
        check=False,
    )
    for line in shown.stdout.splitlines():
        codename, component, address = (*line.split(), "", "")[:3]
        if (codename, component) == (SUITE, "main"):
            return address
    return ""
