"""Where the agent finds the files and credentials that its configuration names."""

from pathlib import Path

import pytest

from thongsuot_agent.app.run_context import run_context_from, token_path, with_config
from thongsuot_agent.config.model import AgentConfig
from thongsuot_agent.config.profile import COLLECTOR
from thongsuot_agent.config.read import parse
from thongsuot_agent.errors import TokenUnusable

SETTINGS = """
[site]
name = "hoan-kiem"
[collector]
url = "https://collector.example"
token_file = "{token}"
[[targets]]
name = "{target}"
role = "anchor"
segment = "transit"
addresses = ["192.0.2.1"]
"""


@pytest.mark.parametrize(
    ("name", "environment", "path"),
    [
        ("token", {"CREDENTIALS_DIRECTORY": "/run/credentials/x"}, "/run/credentials/x/token"),
        ("token", {}, "/etc/thongsuot/agent.token"),
        ("/srv/token", {"CREDENTIALS_DIRECTORY": "/run/credentials/x"}, "/srv/token"),
        ("./token", {}, "token"),
    ],
)
def test_a_bare_name_is_a_credential_of_the_service(
    name: str, environment: dict[str, str], path: str
) -> None:
    assert token_path(name, environment) == Path(path)


def test_another_configuration_has_other_targets_and_another_fingerprint(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("tst_0123456789", encoding="ascii")
    token.chmod(0o600)
    environment = {"STATE_DIRECTORY": str(tmp_path), "RUNTIME_DIRECTORY": str(tmp_path)}

    def config(target: str) -> AgentConfig:
        return parse(SETTINGS.format(token=token, target=target), file="agent.toml")

    context = run_context_from(config("near"), environment, recording=str(tmp_path / "record"))
    assert [target.name for target in context.targets] == ["near", COLLECTOR]
    assert context.recorder is not None
    other = with_config(context, config("far"))
    assert [target.name for target in other.targets] == ["far", COLLECTOR]
    assert other.local_config == context.local_config, "the settings file stays what it was"
    assert other.fingerprint != context.fingerprint
    assert with_config(other, config("near")).fingerprint == context.fingerprint


def test_without_a_token_nothing_begins(tmp_path: Path) -> None:
    text = SETTINGS.format(token=tmp_path / "token", target="near")
    with pytest.raises(TokenUnusable):
        run_context_from(parse(text, file="agent.toml"), {"STATE_DIRECTORY": str(tmp_path)})
