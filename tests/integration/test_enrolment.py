"""A device gets its token from a running collector by a one-time code, as the installer does it."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.collector.batches import BatchSealer, S, icmp_result
from tests.collector.pki.test_csr import request_of_no_version
from tests.collector.running import Pusher, collector, eventually, token
from tests.ports import free_port
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.store import audit, enrolments, tokens
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.enrolments import digest_of_code, new_code
from thongsuot_schema.batch import push
from thongsuot_schema.enrolment import PATH_ENROL, EnrolmentRequest, token_digest

SITE = "hoan-kiem"
HOUR_NS = 3600 * S


def code_for(state_dir: Path, site: str = SITE) -> str:
    code = new_code()
    store = open_store(state_dir / STORE_FILE)
    enrolments.create(store, site, digest_of_code(code), expires_ns=time.time_ns() + HOUR_NS)
    store.dispose()
    return code


async def command(
    *words: object, stdin: str = "", environment: dict[str, str] | None = None
) -> tuple[int, str, str]:
    """Run the agent's own command; return how it ended and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "thongsuot_agent.cli.main", "enrol", *map(str, words)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | (environment or {}),
    )
    out, err = await process.communicate(f"{stdin}\n".encode())
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def is_known(client: httpx.AsyncClient, secret: str) -> bool:
    """Return whether a token is good: what is pushed with it is looked at."""
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": push.CONTENT_TYPE_BATCH}
    status = (await client.post(push.PATH_BATCHES, content=b"", headers=headers)).status_code
    assert status in (400, 401)
    return status == 400


async def enrolments_counted(client: httpx.AsyncClient, reason: str) -> bool:
    text = (await client.get("/metrics")).text
    return f'thongsuot_collector_enrolments_total{{reason="{reason}"}}' in text


async def test_a_code_becomes_a_token_file_that_pushes_and_ends_the_token_before(
    tmp_path: Path,
) -> None:
    state, device = tmp_path / "state", tmp_path / "device"
    device.mkdir()
    file = device / "agent.token"
    async with collector(state) as client:
        before = token(state, SITE)
        assert await is_known(client, before)
        code, where = code_for(state), ("--collector", client.base_url, "--token-file", file)
        status, out, err = await command("--config", device / "none", *where, stdin=code.lower())
        assert (status, err) == (0, "")
        assert f"enrolled as {SITE}" in out
        assert "revoked: 1" in out
        assert file.stat().st_mode & 0o777 == 0o600
        assert [path.name for path in device.iterdir()] == ["agent.token"]
        secret = file.read_text().strip()
        assert await is_known(client, secret)
        assert not await is_known(client, before)
        # The same code on a second device: refused, and what the file held stays.
        status, out, err = await command("--config", device / "none", *where, "--code", code)
        assert (status, out) == (1, "")
        assert "used already" in err
        assert file.read_text().strip() == secret
        assert [path.name for path in device.iterdir()] == ["agent.token"]
        assert await is_known(client, secret)
        # Re-imaged: a new code, a new token; the file goes on belonging to whom it did.
        owner = 4711 if os.geteuid() == 0 else os.geteuid()
        os.chown(file, owner, -1)
        again = code_for(state)
        status, _, err = await command("--config", device / "none", *where, "--code", again)
        assert (status, err) == (0, "")
        assert (file.stat().st_uid, file.stat().st_mode & 0o777) == (owner, 0o600)
        assert not await is_known(client, secret)
        assert await is_known(client, file.read_text().strip())
        assert await enrolments_counted(client, "enrolled")
        assert await enrolments_counted(client, "used")
    store = open_store(state / STORE_FILE)
    lines = audit.listed(store, subject=SITE)
    assert [line.action for line in lines] == [
        "token_created",
        "code_created",
        "enrolled",
        "enrolment_refused",
        "code_created",
        "enrolled",
    ]
    assert lines[2].by == "device:127.0.0.1"
    store.dispose()


async def test_an_answer_that_was_lost_costs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "agent.token"
    waiting = tmp_path / "agent.token.enrolling"
    code = code_for(tmp_path / "state")
    with_port = ("--config", tmp_path / "none", "--token-file", file, "--code", code)
    # Nobody listens: the token that was made waits.
    status, _, err = await command(*with_port, "--collector", "http://127.0.0.1:9")
    assert status == 1
    assert "may still be good" in err
    secret = waiting.read_text().strip()
    assert waiting.stat().st_mode & 0o777 == 0o600
    async with collector(tmp_path / "state") as client:
        # The collector took it, but the device was cut off before the answer came.
        asked = EnrolmentRequest(code=code, token_digest=token_digest(secret))
        sent = {"code": asked.code, "token_digest": asked.token_digest}
        assert (await client.post(PATH_ENROL, json=sent)).status_code == 200
        status, out, err = await command(*with_port, "--collector", client.base_url)
        assert (status, err) == (0, ""), out
        assert file.read_text().strip() == secret
        assert not waiting.exists()
        assert await is_known(client, secret)
        assert await enrolments_counted(client, "repeated")


async def test_the_configuration_says_where_and_who_and_a_code_for_another_site_stays_good(
    tmp_path: Path,
) -> None:
    async with collector(tmp_path / "state") as client:
        code = code_for(tmp_path / "state", "ba-dinh")
        config = tmp_path / "agent.toml"
        text = (
            f'[site]\nname = "{SITE}"\n[collector]\nurl = "{client.base_url}"\n'
            f'token_file = "{tmp_path}/agent.token"\n'
        )
        config.write_text(text)
        status, _, err = await command("--config", config, "--code", code)
        assert status == 1
        assert "another site" in err
        config.write_text(text.replace(SITE, "ba-dinh"))
        status, out, _ = await command("--config", config, "--code", code, "--json")
        report = json.loads(out)
        assert (status, report["site"], report["revoked_tokens"]) == (0, "ba-dinh", 0)
        assert report["token_file"] == f"{tmp_path}/agent.token"


async def test_a_code_goes_to_the_next_machine_when_the_first_does_not_answer(
    tmp_path: Path,
) -> None:
    async with collector(tmp_path / "state") as client:
        code = code_for(tmp_path / "state")
        nobody = f"http://127.0.0.1:{free_port()}"
        config = tmp_path / "agent.toml"
        config.write_text(
            f'[site]\nname = "{SITE}"\n[collector]\nurl = "{nobody}"\n'
            f'failover_urls = ["{client.base_url}"]\ntoken_file = "{tmp_path}/agent.token"\n'
        )
        status, out, err = await command("--config", config, "--code", code)
        assert (status, err) == (0, "")
        assert f"enrolled as {SITE}" in out


async def test_missing_input_is_asked_for_and_codes_do_not_travel_in_the_clear(
    tmp_path: Path,
) -> None:
    none = ("--config", tmp_path / "none", "--code", "x")
    status, _, err = await command(*none)
    assert status == 2
    assert "--collector" in err
    status, _, err = await command(*none, "--collector", "https://collector.example")
    assert status == 2
    assert "--token-file" in err
    file = ("--token-file", tmp_path / "agent.token")
    status, _, err = await command(*none, "--collector", "http://collector.example", *file)
    assert status == 2
    assert "in the clear" in err
    assert not file[1].exists()


async def test_guessers_of_codes_are_turned_away(tmp_path: Path) -> None:
    config = "[ingest]\nbad_tokens_per_s = 0.001\nbad_tokens_burst = 3\n"
    async with collector(tmp_path, config=config) as client:
        sent = {"code": new_code(), "token_digest": "0" * 64}
        answers = [await client.post(PATH_ENROL, json=sent) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [403, 403, 403, 429, 429]
        assert int(answers[-1].headers["retry-after"]) > 0
        # A device behind the same address is let in by a good code all the same.
        sent["code"] = code_for(tmp_path)
        assert (await client.post(PATH_ENROL, json=sent)).status_code == 200
    store = open_store(tmp_path / STORE_FILE)
    assert {line.action for line in audit.listed(store)} >= {"code_created", "enrolled"}
    assert [token.site for token in tokens.listed(store)] == [SITE]
    store.dispose()


async def test_a_guesser_at_another_address_takes_no_turn_from_a_device(tmp_path: Path) -> None:
    config = "[ingest]\nbad_tokens_per_s = 0.001\nbad_tokens_burst = 3\n"
    async with (
        collector(tmp_path, config=config) as client,
        httpx.AsyncClient(
            base_url=client.base_url,
            transport=httpx.AsyncHTTPTransport(local_address="127.0.0.2"),
            timeout=client.timeout,
        ) as stranger,
    ):
        sent = {"code": new_code(), "token_digest": "0" * 64}
        refused = set[int]()
        for _ in range(6):
            guesses = (stranger.post(PATH_ENROL, json=sent) for _ in range(50))
            refused = {answer.status_code for answer in await asyncio.gather(*guesses)}
        assert refused == {429}
        sent["code"] = code_for(tmp_path)
        assert (await client.post(PATH_ENROL, json=sent)).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff", 400),
        (b'{"code":"a"}', 400),
        (b'{"code":"a","token_digest":"00"}', 400),
        (b'{"code":"a","token_digest":"%s","site":"a","x":1}' % (b"0" * 64), 400),
        (b"[" * 4000, 400),
        (b"a" * 5000, 413),
        (
            json.dumps(
                {
                    "code": "a",
                    "token_digest": "0" * 64,
                    "certificate_request": request_of_no_version(),
                }
            ).encode(),
            400,
        ),
    ],
)
async def test_an_invalid_enrolment_is_refused(tmp_path: Path, body: bytes, status: int) -> None:
    async with collector(tmp_path) as client:
        response = await client.post(PATH_ENROL, content=body)
        assert response.status_code == status
        assert response.json()["error"]
        assert (await client.get(PATH_ENROL)).status_code == 405


async def test_two_devices_of_one_site_are_flagged_on_the_page_and_in_the_metrics(
    tmp_path: Path,
) -> None:
    async with collector(tmp_path) as client:
        secret = token(tmp_path, SITE)
        agent = BatchSealer(SITE, epoch_ns=time.time_ns() - HOUR_NS)
        pusher = Pusher(client, agent, secret)
        batch = agent.batch(HOUR_NS, [icmp_result(HOUR_NS - S)])
        assert (await pusher.batch(batch, boottime_ns=agent.uptime_ns())).status_code == 200
        assert (
            "thongsuot_collector_sites_with_duplicate_devices 0.0"
            in (await client.get("/metrics")).text
        )

        async def is_listed() -> bool:
            return SITE in (await client.get("/")).text

        await eventually(is_listed)
        assert "hai thiết bị" not in (await client.get("/")).text
        headers = {push.HEADER_BOOT: "another-boot", push.HEADER_BOOTTIME: str(HOUR_NS // 2)}
        body, _ = agent.sealed(batch)
        headers |= {"Authorization": f"Bearer {secret}", "Content-Type": push.CONTENT_TYPE_BATCH}
        response = await client.post(push.PATH_BATCHES, content=body, headers=headers)
        assert response.status_code == 200
        assert (
            "thongsuot_collector_sites_with_duplicate_devices 1.0"
            in (await client.get("/metrics")).text
        )
        assert "hai thiết bị" in (await client.get("/")).text
        assert "Two devices push" in (await client.get("/?lang=en")).text
