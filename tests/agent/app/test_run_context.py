"""Where the agent finds what its configuration only names."""

from pathlib import Path

import pytest

from thongsuot_agent.app.run_context import token_path


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
