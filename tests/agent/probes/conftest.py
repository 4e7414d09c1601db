from pathlib import Path

import pytest

from tests.agent.links.conftest import lab, stamping
from tests.agent.probes.web_server import ServerAuthority

__all__ = ["authority", "lab", "stamping"]


@pytest.fixture
def authority(tmp_path: Path) -> ServerAuthority:
    return ServerAuthority(tmp_path)
