"""
An image of one layer as a folder: OCI image layout 1.0, written without a daemon.

Source: OCI Image Format Specification 1.1, `image-layout.md`, `manifest.md`, `config.md`.
"""

import datetime as dt
import gzip
import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_CHUNK_BYTES = 1 << 20

Descriptor = dict[str, object]
"""A reference to a blob: media type, digest, size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSpec:
    """The command of an image's containers, its user, and the volumes for persistent data."""

    name: str
    version: str
    architecture: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...] = ()
    user: str = ""
    volumes: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


def write_layout(root: Path, spec: ImageSpec, folder: Path, epoch: int) -> Path:
    """Write the image of a root file system (a tar) into a new folder."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    layer, diff_id = _layer(root, blobs)
    created = dt.datetime.fromtimestamp(epoch, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    config = {
        "created": created,
        "architecture": spec.architecture,
        "os": "linux",
        "config": {
            "User": spec.user,
            "Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"],
            "Entrypoint": list(spec.entrypoint),
            "Cmd": list(spec.command),
            "Volumes": {volume: {} for volume in spec.volumes},
            "ExposedPorts": {f"{port}/tcp": {} for port in spec.ports},
            "Labels": {
                "org.opencontainers.image.title": spec.name,
                "org.opencontainers.image.version": spec.version,
                **spec.labels,
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created": created, "created_by": "./run image"}],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": _blob(config, _CONFIG, blobs),
        "layers": [layer],
    }
    described = _blob(manifest, _MANIFEST, blobs) | {
        "platform": {"architecture": spec.architecture, "os": "linux"},
        "annotations": {"org.opencontainers.image.ref.name": spec.version},
    }
    index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [described]}
    (folder / "index.json").write_bytes(_json(index))
    (folder / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))
    return folder


def _layer(root: Path, blobs: Path) -> tuple[Descriptor, str]:
    """Pack the layer; return its descriptor, and the digest of the unpacked content."""
    packed = blobs / "layer.part"
    unpacked_digest = hashlib.sha256()
    # Without a name and a time in its head, the same layer has the same bytes.
    with (
        root.open("rb") as source,
        packed.open("wb") as out,
        gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0, compresslevel=6) as pressed,
    ):
        while chunk := source.read(_CHUNK_BYTES):
            unpacked_digest.update(chunk)
            pressed.write(chunk)
    with packed.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    size = packed.stat().st_size
    shutil.move(packed, blobs / digest)
    descriptor: Descriptor = {"mediaType": _LAYER, "digest": f"sha256:{digest}", "size": size}
    return descriptor, f"sha256:{unpacked_digest.hexdigest()}"


def _blob(content: object, media_type: str, blobs: Path) -> Descriptor:
    body = _json(content)
    digest = hashlib.sha256(body).hexdigest()
    (blobs / digest).write_bytes(body)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(body)}


def _json(content: object) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
