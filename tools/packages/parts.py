"""The list of a package's components (CycloneDX 1.5, JSON): names, versions, hashes as pinned."""

import json
import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tools.packages.debian import Package

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def list_of_parts(root: Path, package: Package, epoch: int) -> str:
    """Return the list for a package; the same package gives the same bytes."""
    subject = {
        "type": "application",
        "name": f"thongsuot-{package.room}",
        "version": package.version,
        "purl": (
            f"pkg:deb/thongsuot-{package.room}@{quote(package.version, safe='')}"
            f"?arch={package.architecture}"
        ),
    }
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, package.file_name)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": subject,
        },
        "components": parts_of((root / "requirements" / f"{package.room}.txt").read_text("utf-8")),
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def parts_of(requirements: str) -> list[dict[str, Any]]:
    """Return the components in a file of pinned requirements."""
    parts: list[dict[str, Any]] = []
    for line in requirements.splitlines():
        if pin := _PIN.match(line):
            name, version = pin.groups()
            parts.append(
                {
                    "type": "library",
                    "name": name,
                    "version": version,
                    "purl": f"pkg:pypi/{name.lower()}@{version}",
                    # Any one of these files may be inside: there is one for each platform.
                    "hashes": [],
                }
            )
        found_hashes = _HASH.findall(line)
        if parts and found_hashes:
            parts[-1]["hashes"] += [
                {"alg": "SHA-256", "content": hash_hex} for hash_hex in found_hashes
            ]
    return parts
