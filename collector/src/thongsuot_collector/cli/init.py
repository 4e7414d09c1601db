"""``thongsuot-collector init``: creates everything that a collector needs for its first start."""

import argparse
import os
import pwd
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

from thongsuot_collector.cli.command import (
    PROGRAM,
    CommandFailed,
    Commands,
    UsageError,
    configured,
    opened_store,
    person_name,
    site_name,
)
from thongsuot_collector.config import first
from thongsuot_collector.pki import authority
from thongsuot_collector.store import audit, people
from thongsuot_collector.store.audit import AuditAction
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text

USER = "thongsuot-collector"
UNIT = f"{USER}.service"

_UNIT_FOLDERS = (Path("/usr/lib/systemd/system"), Path("/etc/systemd/system"))
_BOOTED = Path("/run/systemd/system")
_AUTHORITY_LIFETIME = timedelta(days=3653)
_PASSWORD_BYTES = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owner:
    """The owner of the collector's own files; both ``None``: the user that runs the command."""

    uid: int | None = None
    gid: int | None = None


def add_commands(commands: Commands) -> None:
    """Add ``init``."""
    init = commands.add(
        "init",
        _init,
        localized(Text("collector.cli.init")),
    )
    init.add_argument(
        "--host",
        action="append",
        required=True,
        metavar="NAME",
        help=localized(Text("collector.cli.init.host")),
    )
    init.add_argument(
        "--port", type=_port, default=8480, help=localized(Text("collector.cli.init.port"))
    )
    init.add_argument(
        "--state-dir", type=Path, default=Path(f"/var/lib/{USER}"), metavar="FOLDER",
        help=localized(Text("collector.cli.any.default")),
    )  # fmt: skip
    init.add_argument(
        "--certificate-file", type=Path, metavar="FILE",
        help=localized(Text("collector.cli.init.certificate_file")),
    )  # fmt: skip
    init.add_argument(
        "--key-file", type=Path, metavar="FILE", help=localized(Text("collector.cli.init.key_file"))
    )
    init.add_argument(
        "--account", default="engineer", help=localized(Text("collector.cli.init.account"))
    )
    init.add_argument("--site", default="site-1", help=localized(Text("collector.cli.init.site")))
    init.add_argument("--title", default="", help=localized(Text("collector.cli.init.title")))
    init.add_argument(
        "--commune", default="", metavar="CODE", help=localized(Text("collector.cli.init.commune"))
    )


def _init(options: argparse.Namespace) -> int:
    site = first.FirstSite(
        name=site_name(options.site),
        title=options.title or options.site,
        commune=options.commune,
    )
    account = person_name(options.account)
    if bool(options.certificate_file) is not bool(options.key_file):
        raise UsageError(Text("collector.cli.error.certificate_and_key"))
    config, state_dir = options.config.absolute(), options.state_dir.absolute()
    is_system = os.geteuid() == 0 and _BOOTED.is_dir()
    if is_system:
        _install_unit()
    owner = _owner()
    _make_folder(config.parent, 0o755, _Owner())
    _make_folder(config.parent / first.SECRETS_FOLDER, 0o750, _readable_by(owner))
    _make_folder(state_dir, 0o700, owner)
    _create_store(state_dir)
    certificate_file, key_file = _certificate(options, config.parent, state_dir)
    _write(
        config,
        first.collector_text(
            state_dir=state_dir,
            address=f"[::]:{options.port}",
            certificate_file=certificate_file,
            key_file=key_file,
        ),
        0o640,
        _readable_by(owner),
    )
    inventory = config.parent / first.INVENTORY_FOLDER
    if not inventory.exists():
        _make_folder(inventory, 0o750, _readable_by(owner))
        _write(inventory / "city.toml", first.inventory_text(site), 0o640, _readable_by(owner))
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    _write(
        config.parent / first.SECRETS_FOLDER / first.PASSWORD_FILE,
        f"{password}\n",
        0o640,
        _readable_by(owner),
    )
    _first_account(state_dir, account)
    _give(state_dir, owner)
    configured(options)  # reports errors and their places before the service would
    _say_next(options, state_dir, site.name, is_system=is_system)
    return 0


def _install_unit() -> None:
    """Install the unit and its user in the places of the package, unless a package has done so."""
    data = resources.files("thongsuot_collector.data")
    if not any((folder / UNIT).exists() for folder in _UNIT_FOLDERS):
        own = Path(sys.argv[0]).absolute()
        text = (data / UNIT).read_text("utf-8").replace(f"/usr/bin/{PROGRAM}", str(own))
        _write(_UNIT_FOLDERS[-1] / UNIT, text, 0o644, _Owner())
    try:
        pwd.getpwnam(USER)
    except KeyError:
        made = subprocess.run(
            ("systemd-sysusers", "-"),
            input=(data / f"{USER}.conf").read_text("utf-8"),
            text=True,
            capture_output=True,
            check=False,
        )
        if made.returncode:
            raise CommandFailed(
                Text("collector.cli.error.no_user", user=USER, why=made.stderr.strip())
            ) from None
        _say(Text("collector.cli.said.user_created", user=USER))


def _owner() -> _Owner:
    """Return the owner of the files: the service's user, if root runs the command."""
    if os.geteuid():
        return _Owner()
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        return _Owner()
    return _Owner(uid=user.pw_uid, gid=user.pw_gid)


def _readable_by(owner: _Owner) -> _Owner:
    """Return root with the service's group: the collector may only read its settings."""
    return _Owner(gid=owner.gid)


def _create_store(state_dir: Path) -> None:
    folder = state_dir / authority.FOLDER
    with opened_store(state_dir) as store:
        if (folder / authority.KEY_FILE).exists():
            return
        now = datetime.now(UTC)
        issued = authority.create_authority(folder, now=now, lifetime=_AUTHORITY_LIFETIME)
        with store.begin() as connection:
            audit.write(connection, AuditAction.AUTHORITY_CREATED, "ca", detail=issued.name)
    _say(Text("collector.cli.said.key_created", path=str(folder / authority.KEY_FILE)))


def _certificate(options: argparse.Namespace, folder: Path, state_dir: Path) -> tuple[str, str]:
    """Return the configuration's certificate and key; issue them if there are none."""
    if options.certificate_file:
        return str(options.certificate_file.absolute()), str(options.key_file.absolute())
    certificate = folder / first.SECRETS_FOLDER / first.CERTIFICATE_FILE
    key = folder / first.SECRETS_FOLDER / first.KEY_FILE
    if certificate.exists():
        _say(Text("collector.cli.said.is_there", path=str(certificate)))
    else:
        issuer = authority.load_authority(state_dir / authority.FOLDER)
        identity = issuer.issue_server(
            options.host, now=datetime.now(UTC), lifetime=authority.SERVER_LIFETIME
        )
        authority.install_server(identity, certificate, key)
        until = f"{identity.certificate.not_after:%Y-%m-%d}"
        _say(Text("collector.cli.said.certificate_created", path=str(certificate), until=until))
    return str(certificate.relative_to(folder)), str(key.relative_to(folder))


def _first_account(state_dir: Path, account: str) -> None:
    with opened_store(state_dir) as store:
        if people.is_any(store):
            _say(Text("collector.cli.said.accounts_exist"))
            return
        secret = people.put(store, account, "")
    _say(Text("collector.cli.said.account_created", account=account, password=secret))


def _make_folder(path: Path, mode: int, owner: _Owner) -> None:
    if path.is_dir():
        return
    path.mkdir(parents=True, mode=mode)
    path.chmod(mode)
    _chown(path, owner)


def _write(path: Path, text: str, mode: int, owner: _Owner) -> None:
    """Write a new file, which is never readable by others in between."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & 0o600)
    except FileExistsError:
        _say(Text("collector.cli.said.is_there", path=str(path)))
        return
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _chown(path, owner)
    path.chmod(mode)
    _say(Text("collector.cli.said.created", path=str(path)))


def _give(folder: Path, owner: _Owner) -> None:
    """Give the state to the collector's user: files that root has created belong to root so far."""
    for path in (folder, *folder.rglob("*")):
        if path.lstat().st_uid == os.geteuid():
            _chown(path, owner)


def _chown(path: Path, owner: _Owner) -> None:
    if owner != _Owner():
        os.chown(
            path,
            -1 if owner.uid is None else owner.uid,
            -1 if owner.gid is None else owner.gid,
            follow_symlinks=False,
        )


def _say_next(options: argparse.Namespace, state_dir: Path, site: str, *, is_system: bool) -> None:
    program = shutil.which(PROGRAM) or sys.argv[0]
    chosen = (
        ""
        if options.config == Path("/etc/thongsuot/collector.toml")
        else (f" --config {options.config.absolute()}")
    )
    start = f"systemctl enable --now {UNIT}" if is_system else f"{program} run{chosen}"
    url = f"https://{_bracketed(options.host[0])}:{options.port}"
    folder = options.config.parent
    inventory, secrets_folder = folder / first.INVENTORY_FOLDER, folder / first.SECRETS_FOLDER
    print()
    _say(Text("collector.cli.said.next"))
    look = Text(
        "collector.cli.said.next_look", config=str(options.config), inventory=str(inventory)
    )
    _say(look)
    _say(Text("collector.cli.said.next_start", command=start))
    password_file = str(secrets_folder / first.PASSWORD_FILE)
    _say(Text("collector.cli.said.next_open", url=url, file=password_file))
    enrol = f"{program} enrol {site} --url {url} --qr{chosen}"
    _say(Text("collector.cli.said.next_enrol", command=enrol))
    if not options.certificate_file:
        trusted = state_dir / authority.FOLDER / authority.CERTIFICATE_FILE
        print(f"   {localized(Text('collector.cli.said.next_trust', file=str(trusted)))}")


def _say(text: Text) -> None:
    print(localized(text))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 65_535:
        raise argparse.ArgumentTypeError(localized(Text("collector.cli.error.no_port", text=text)))
    return int(text)
