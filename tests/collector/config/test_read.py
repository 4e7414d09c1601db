"""The configuration file: what is right is taken, what is wrong is named with its line."""

import re
from pathlib import Path

import pytest
import trustme

from thongsuot_collector.config.read import Configuration, parse_configuration
from thongsuot_collector.ingest.settings import host_and_port
from thongsuot_collector.sinks.loader import kinds
from thongsuot_collector.sinks.remote_write.sink import Settings
from thongsuot_runtime.config_file import ConfigInvalid


def parsed(text: str, folder: Path) -> Configuration:
    return parse_configuration(text, file="collector.toml", folder=folder)


def mistakes(text: str, folder: Path) -> list[str]:
    with pytest.raises(ConfigInvalid) as caught:
        parsed(text, folder)
    return str(caught.value).splitlines()


def test_an_empty_file_is_a_collector_on_loopback_without_sinks(tmp_path: Path) -> None:
    configuration = parsed("", tmp_path)
    assert configuration.settings.listen.address == "127.0.0.1:8480"
    assert configuration.state_dir == Path("/var/lib/thongsuot-collector")
    assert configuration.sinks == ()


def test_relative_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(tmp_path / "key.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    (tmp_path / "password").write_text("geheim\n")
    configuration = parsed(
        'state_dir = "state"\n[listen]\naddress = "0.0.0.0:0"\ncertificate_file = "key.pem"\n'
        'key_file = "key.pem"\n[page]\npassword_file = "password"\n[[sinks]]\n'
        'kind = "remote_write"\nname = "prometheus"\nurl = "https://prometheus/api/v1/write"\n'
        'ca_file = "ca.pem"\nusername = "collector"\npassword_file = "password"\n',
        tmp_path,
    )
    assert configuration.state_dir == tmp_path / "state"
    assert configuration.settings.listen.certificate_file == str(tmp_path / "key.pem")
    ((_, sink),) = configuration.sinks
    assert isinstance(sink, Settings)
    assert sink.ca_file == str(tmp_path / "ca.pem")


SINK = '[[sinks]]\nkind = "remote_write"\nname = "a"\nurl = "http://x/write"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("state_dri = 1\n", 'collector.toml:1: .*did you mean "state_dir"'),
        ("\n[jurnal]\n", 'collector.toml:2: .*did you mean "journal"'),
        ("[journal]\nretention_s = -1\n", "collector.toml:2: "),
        ('[listen]\naddress = "nowhere"\n', "collector.toml:2: .*host:port"),
        ('[listen]\naddress = "::1:80"\n', "collector.toml:2: .*brackets"),
        ('[listen]\naddress = "0.0.0.0:80"\n', "collector.toml:2: .*in the clear"),
        ('[listen]\ncertificate_file = "a"\n', "collector.toml:1: .*belong together"),
        (
            '[listen]\ncertificate_file = "a"\nkey_file = "b"\n',
            "collector.toml:2: certificate or key cannot be used",
        ),
        ('[page]\ngrafana_url = "grafana.example"\n', "collector.toml:2: .*the address of a web"),
        ('[page]\ngrafana_url = "https://g:x/"\n', "collector.toml:2: .*the address of a web"),
        ('[page]\ngrafana_url = "javascript:x"\n', "collector.toml:2: .*the address of a web"),
        ('[page]\ngrafana_url = "https://g/?a=1"\n', "collector.toml:2: .*more than a host and"),
        ('[notify]\npage_url = "https:// h/"\n', "collector.toml:2: .*the address of a web"),
        ('[page]\npassword_file = "none"\n', "collector.toml:2: .*is not there"),
        ('[page]\npassword_file = "empty"\n', "collector.toml:2: .*contains no password"),
        ('inventory_dir = "none"\n', "collector.toml:1: .*is not a folder"),
        (
            '[[sinks]]\nname = "a"\n',
            f"collector.toml:1: no sink None; known: {', '.join(kinds())}$",
        ),
        (
            '[[sinks]]\nname = "a"\nkind = "remote_wrte"\n',
            'collector.toml:3: .*did you mean "remote_write"',
        ),
        (SINK + "windows_s = 5\n", 'collector.toml:5: .*did you mean "window_s"'),
        (SINK + "window_s = 0\n", "collector.toml:5: "),
        (SINK.replace("http:", "ftp:"), "collector.toml:1: .*is not http"),
        (SINK.replace("http://", "http://u:p@"), "collector.toml:1: url holds credentials"),
        (SINK + 'username = "a"\n', "collector.toml:1: .*belong together"),
        (SINK + 'bearer_file = "none"\n', "collector.toml:1: .*no such file"),
        (SINK + 'ca_file = "none"\n', "collector.toml:1: .*no such file"),
        (SINK + SINK, "collector.toml:7: two sinks are named 'a'"),
        (SINK.replace('"a"', '"state"'), "collector.toml:3: 'state' is the collector's own"),
        (
            "[incidents]\nhold_s = 9\n",
            "collector.toml:2: .*after 9 s at the earliest and after 8 s",
        ),
        ("[incidents]\nupdate_s = 3601\n", "collector.toml:2: .*3601 s apart at first, 3600 s"),
        ("[incidents]\nhold = 1\n", 'collector.toml:2: .*did you mean "hold_s"'),
        ("[timeline]\ncalm_s = 0\n", "collector.toml:2: "),
        ("[timeline]\nsilent_after_s = 9\n", "collector.toml:2: "),
        ("[listen\n", "collector.toml:1: not TOML"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_what_to_do(
    tmp_path: Path, text: str, says: str
) -> None:

    (tmp_path / "empty").write_text("\n")
    (line,) = mistakes(text, tmp_path)
    assert re.search(says, line), line


def test_all_mistakes_are_named_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    lines = mistakes(
        '[listen]\naddress = "x"\n[page]\npassword_file = "y"\n[[sinks]]\nkind = "z"\n', tmp_path
    )
    assert [line.split(":")[1] for line in lines] == ["2", "4", "6"]


def test_a_secret_in_a_url_is_not_repeated_in_the_message(tmp_path: Path) -> None:
    (line,) = mistakes(SINK.replace("http://", "http://user:geheim@"), tmp_path)
    assert "geheim" not in line


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("127.0.0.1:0", ("127.0.0.1", 0)),
        ("[::]:8480", ("::", 8480)),
        ("example.vn:443", ("example.vn", 443)),
    ],
)
def test_an_address_is_a_host_and_a_port(address: str, parts: tuple[str, int]) -> None:
    assert host_and_port(address) == parts


def test_channels_are_read_with_their_kind_and_mistakes_named(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    hook = (
        '[[channels]]\nkind = "webhook"\nname = "hook"\nurl = "https://a.example/"\n'
        'secret_file = "secret"\n'
    )
    configuration = parse_configuration(hook, file="c.toml", folder=tmp_path)
    ((kind, settings),) = configuration.channels
    assert settings.name == "hook"
    assert kind.settings is type(settings)
    wrong = (
        f"{hook}{hook}"
        '[[channels]]\nkind = "webhok"\nname = "b"\n'
        '[[channels]]\nkind = "webhook"\nname = "c"\nurl = "https://a.example/"\n'
        'secret_file = "nowhere"\n'
    )
    with pytest.raises(ConfigInvalid) as raised:
        parse_configuration(wrong, file="c.toml", folder=tmp_path)
    lines = str(raised.value).splitlines()
    assert lines[0] == "c.toml:8: two channels are named 'hook'"
    assert lines[1] == "c.toml:12: no channel 'webhok'; did you mean \"webhook\"?"
    assert lines[2] == f"c.toml:14: {tmp_path / 'nowhere'}: no such file or directory"
