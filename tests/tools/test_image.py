"""Images of containers: the layout follows the specification, compose names what is there."""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from tools.image import spec_of
from tools.images.oci import ImageSpec, write_layout

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "tools" / "images" / "compose"
EPOCH = 1_790_000_000
SPEC = ImageSpec(
    name="thongsuot-collector",
    version="0.1.0",
    architecture="arm64",
    entrypoint=("/usr/bin/thongsuot-collector",),
    command=("run",),
    user="thongsuot-collector",
    volumes=("/var/lib/thongsuot-collector",),
    ports=(8480,),
)


def root_tar(folder: Path) -> Path:
    """Write a root file system of one file."""
    (folder / "hello").write_text("hello\n", encoding="utf-8")
    file = folder / "root.tar"
    with tarfile.open(file, "w") as tar:
        tar.add(folder / "hello", "usr/bin/hello")
    return file


def blob(folder: Path, descriptor: dict[str, Any]) -> bytes:
    """Return a blob, held against what refers to it."""
    kind, _, digest = descriptor["digest"].partition(":")
    body: bytes = (folder / "blobs" / kind / digest).read_bytes()
    assert hashlib.sha256(body).hexdigest() == digest
    assert len(body) == descriptor["size"]
    return body


def test_every_blob_is_what_its_digest_says_and_the_layer_is_the_root(tmp_path: Path) -> None:
    root = root_tar(tmp_path)
    folder = write_layout(root, SPEC, tmp_path / "image", EPOCH)
    assert json.loads((folder / "oci-layout").read_text("utf-8")) == {"imageLayoutVersion": "1.0.0"}
    (described,) = json.loads((folder / "index.json").read_text("utf-8"))["manifests"]
    assert described["platform"] == {"architecture": "arm64", "os": "linux"}
    manifest = json.loads(blob(folder, described))
    config = json.loads(blob(folder, manifest["config"]))
    (layer,) = manifest["layers"]
    unpacked = gzip.decompress(blob(folder, layer))
    assert unpacked == root.read_bytes()
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(unpacked).hexdigest()}"]
    assert config["config"]["Entrypoint"] == ["/usr/bin/thongsuot-collector"]
    assert config["config"]["ExposedPorts"] == {"8480/tcp": {}}
    assert len(list((folder / "blobs" / "sha256").iterdir())) == 3


def test_the_same_root_gives_the_same_image(tmp_path: Path) -> None:
    root = root_tar(tmp_path)
    digests = [
        (write_layout(root, SPEC, tmp_path / name, EPOCH) / "index.json").read_bytes()
        for name in ("one", "two")
    ]
    assert digests[0] == digests[1]


def test_a_tool_that_knows_images_takes_it(tmp_path: Path) -> None:
    skopeo = shutil.which("skopeo")
    if skopeo is None:
        pytest.skip("skopeo is not installed")
    folder = write_layout(root_tar(tmp_path), SPEC, tmp_path / "image", EPOCH)
    asked = [skopeo, "inspect", "--override-arch", "arm64", f"oci:{folder}:0.1.0"]
    shown = json.loads(subprocess.run(asked, check=True, capture_output=True).stdout)
    assert shown["Architecture"] == "arm64"
    assert shown["Labels"]["org.opencontainers.image.title"] == "thongsuot-collector"


@pytest.mark.parametrize("room", ["agent", "collector"])
def test_a_container_runs_the_program_with_its_configuration(room: str) -> None:
    spec = spec_of(room, "0.1.0", "amd64")
    assert spec.entrypoint == (f"/usr/bin/thongsuot-{room}",)
    assert spec.command == ("run", "--config", f"/etc/thongsuot/{room}.toml")
    assert spec.user


def compose() -> dict[str, Any]:
    """Return the compose file."""
    content: dict[str, Any] = yaml.safe_load((COMPOSE / "compose.yaml").read_text("utf-8"))
    return content


def test_files_given_to_containers_from_the_checkout_exist() -> None:
    content = compose()
    mounts = [
        volume.partition(":")[0]
        for service in content["services"].values()
        for volume in service["volumes"]
    ]
    made_first = {"./thongsuot", "./ca.pem"}
    files = [mount for mount in mounts if mount.startswith(".") and mount not in made_first]
    assert len(files) == 6
    assert [file for file in files if not (COMPOSE / file).exists()] == []
    assert {mount for mount in mounts if not mount.startswith(".")} == set(content["volumes"])


def test_every_image_of_others_has_a_version_and_only_agents_reach_the_machine() -> None:
    content = compose()
    images = {name: service["image"] for name, service in content["services"].items()}
    assert images.pop("collector") == "thongsuot-collector:latest"
    assert all(image.rpartition(":")[2].lstrip("v")[0].isdigit() for image in images.values())
    ports = [port for service in content["services"].values() for port in service.get("ports", ())]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == ["8480:8480"]


def test_the_collector_reaches_postgresql_by_the_socket_that_its_page_names() -> None:
    services = compose()["services"]
    postgres = services["postgres"]
    page = (ROOT / "docs" / "how-to" / "run-in-containers.md").read_text("utf-8")
    urls = re.findall(
        r'^url = "postgresql\+psycopg://(\w+)@/(\w+)\?host=(\S+)"$', page, re.MULTILINE
    )
    account = postgres["environment"]["POSTGRES_USER"], postgres["environment"]["POSTGRES_DB"]
    assert urls == [(*account, "/run/postgresql")] * 2, "the journal's and the store's"
    assert "postgres-socket:/run/postgresql" in services["collector"]["volumes"]
    assert "postgres-socket:/var/run/postgresql" in postgres["volumes"]
    # Without a password: so nobody may reach it but by that socket.
    assert postgres["environment"]["POSTGRES_HOST_AUTH_METHOD"] == "trust"
    assert "listen_addresses=" in postgres["command"]
    assert "ports" not in postgres


def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    text = (COMPOSE / "prometheus.yml").read_text("utf-8")
    config = tmp_path / "prometheus.yml"
    rules = ROOT / "dashboards" / "out" / "rules"
    authority = tmp_path / "thongsuot-ca.pem"
    authority.touch()
    text = text.replace("/etc/prometheus/thongsuot-ca.pem", str(authority))
    config.write_text(text.replace("/etc/prometheus/thongsuot", str(rules)), encoding="utf-8")
    done = subprocess.run(
        ["promtool", "check", "config", str(config)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
