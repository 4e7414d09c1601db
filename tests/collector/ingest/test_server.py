from pathlib import Path

from tests.collector.pki.secured import SITE, new_authority, pushed, secured
from tests.collector.running import collector, token


async def test_pages_behind_tls_have_browsers_come_by_tls_alone_and_pushes_stay_short(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    new_authority(state)
    secret = token(state, SITE)
    header = "strict-transport-security"
    async with secured(tmp_path, "optional") as running, running.client() as client:
        for path in ("/", "/healthz", "/sites/none", "/nothing"):
            answer = await client.get(path)
            assert answer.headers.get_list(header) == ["max-age=31536000"], path
        assert header not in (await pushed(client, secret)).headers
    async with collector(tmp_path / "plain") as client:
        assert header not in (await client.get("/")).headers
