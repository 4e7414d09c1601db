"""Pushes over real HTTP: what is taken, and what each bad thing gets."""

import time
from pathlib import Path

import httpx
import pytest
import zstandard

from tests.collector.batches import BOOT, BatchSealer, S, change, icmp_result, usual_results
from tests.collector.running import Pusher, collector, eventually, token
from tests.schema.batch.json_form import encode_json
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.store import dead_letters, tokens
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.batch import push
from thongsuot_schema.batch.encode import encode_layout
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.batch.model import KindColumns, Layout, MetricColumn
from thongsuot_schema.result import Family, Series
from thongsuot_schema.state import State

SITE = "hoan-kiem"
NOW = 5000 * S


def agent(site: str = SITE, **changes: object) -> BatchSealer:
    return BatchSealer(site, epoch_ns=time.time_ns() - NOW, **changes)  # type: ignore[arg-type]


async def counted(client: httpx.AsyncClient, name: str, reason: str) -> float:
    for line in (await client.get("/metrics")).text.splitlines():
        if line.startswith(f"thongsuot_collector_{name}_total{{") and f'"{reason}"' in line:
            return float(line.rpartition(" ")[2])
    return 0.0


async def test_a_batch_is_acknowledged_by_its_number_and_a_repeat_is_recognised(
    tmp_path: Path,
) -> None:
    async with collector(tmp_path) as client:
        pusher = Pusher(client, agent(), token(tmp_path, SITE))
        before_ns = time.time_ns()
        batch = pusher.agent.batch(NOW, usual_results(NOW - 15 * S))
        first = (await pusher.batch(batch, boottime_ns=NOW)).json()
        assert (first["acknowledged"], first["answered_boottime_ns"]) == (1, NOW)
        assert "repeated" not in first
        assert before_ns <= first["collector_wall_ns"] <= time.time_ns()
        again = (await pusher.batch(batch, boottime_ns=NOW)).json()
        assert (again["acknowledged"], again["repeated"]) == (1, True)
        assert await counted(client, "pushes", "accepted") == 1
        assert await counted(client, "pushes", "repeated") == 1
        assert await counted(client, "results", "") == 0  # it has no labels
        assert "thongsuot_collector_results_total 36.0" in (await client.get("/metrics")).text


async def test_an_unknown_layout_is_asked_for_by_name_and_then_known(tmp_path: Path) -> None:
    async with collector(tmp_path) as client:
        pusher = Pusher(client, agent(), token(tmp_path, SITE))
        body, layout = pusher.agent.sealed(pusher.agent.batch(NOW, [icmp_result(NOW - S)]))
        asked = await pusher.body(body)
        assert asked.status_code == 409
        assert len(bytes.fromhex(asked.json()["unknown_layout"])) == 16
        assert (await pusher.layout(layout)).status_code == 200
        assert (await pusher.body(body)).status_code == 200
    async with collector(tmp_path) as client:
        pusher.client = client
        body, _ = pusher.agent.sealed(pusher.agent.batch(NOW, [icmp_result(NOW)]))
        assert (await pusher.body(body)).status_code == 200


async def test_each_refusal_repeats_the_time_of_its_request(tmp_path: Path) -> None:
    async with collector(tmp_path) as client:
        secret = token(tmp_path, SITE)
        for headers in (
            {"Authorization": f"Bearer {secret}", "Content-Type": push.CONTENT_TYPE_BATCH},
            {"Authorization": f"Bearer {secret}", "Content-Type": "text/plain"},
            {"Authorization": "Bearer nobodys", "Content-Type": push.CONTENT_TYPE_BATCH},
        ):
            named = {**headers, push.HEADER_BOOTTIME: "1234567890123"}
            refused = await client.post(push.PATH_BATCHES, content=b"noise", headers=named)
            assert refused.status_code >= 400
            assert refused.json()["answered_boottime_ns"] == 1234567890123
            unnamed = await client.post(push.PATH_BATCHES, content=b"noise", headers=headers)
            assert "answered_boottime_ns" not in unnamed.json()


async def test_a_batch_in_json_is_taken_like_any_other(tmp_path: Path) -> None:
    async with collector(tmp_path) as client:
        secret = token(tmp_path, SITE)
        batch = agent().batch(NOW, usual_results(NOW - 15 * S))
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        for repeated in (None, True):
            response = await client.post(
                push.PATH_BATCHES, content=encode_json(batch), headers=headers
            )
            assert response.status_code == 200, response.text
            assert response.json().get("repeated") is repeated
        assert (await client.get(f"/sites/{SITE}.json")).json()["heard_s"]
        wrong = encode_json(batch).replace(b'"boottime_ns"', b'"boottime"', 1)
        response = await client.post(push.PATH_BATCHES, content=wrong, headers=headers)
        assert response.status_code == 400
        assert "boottime" in response.json()["error"]


async def test_other_bytes_under_the_same_identity_are_refused_counted_and_kept_to_look_at(
    tmp_path: Path,
) -> None:
    async with collector(tmp_path) as client:
        pusher = Pusher(client, agent(), token(tmp_path, SITE))
        good = pusher.agent.batch(NOW, [icmp_result(NOW - S, rtt_s=0.020)])
        assert (await pusher.batch(good)).status_code == 200
        forged = pusher.agent.batch(NOW, [icmp_result(NOW - S, rtt_s=0.001)], number=1)
        response = await pusher.batch(forged)
        assert response.status_code == 409
        assert "other bytes" in response.json()["error"]
        assert await counted(client, "pushes", "conflict") == 1

        async def set_aside() -> bool:
            return await counted(client, "dead_letters", "ingest") == 1

        await eventually(set_aside)
    store = open_store(tmp_path / STORE_FILE)
    (kept,) = dead_letters.listed(store)
    letter = dead_letters.get(store, kept.id)
    store.dispose()
    assert letter is not None
    assert letter.body == pusher.agent.sealed(forged)[0]


async def test_a_token_can_write_only_for_its_own_site(tmp_path: Path) -> None:
    async with collector(tmp_path) as client:
        other = token(tmp_path, "ba-dinh")
        pusher = Pusher(client, agent(), other)
        # Also for a batch whose layout is not known: whose it is comes first.
        response = await pusher.batch(pusher.agent.batch(NOW, [icmp_result(NOW - S)]))
        assert response.status_code == 403
        assert "ba-dinh" in response.json()["error"]
        assert await counted(client, "pushes", "wrong_site") == 1
        assert (await client.get(f"/sites/{SITE}.json")).status_code == 404


async def test_a_bad_missing_or_revoked_token_gets_401_and_says_how(tmp_path: Path) -> None:
    secret = token(tmp_path, SITE)
    gone = token(tmp_path, SITE)
    store = open_store(tmp_path / STORE_FILE)
    newest = tokens.listed(store, SITE)[-1]
    tokens.revoke(store, SITE, newest.id)
    store.dispose()
    async with collector(tmp_path) as client:
        body, _ = agent().sealed(agent().batch(NOW))
        headers = {"Content-Type": push.CONTENT_TYPE_BATCH}
        for authorization in ("", "Basic abc", "Bearer", "Bearer wrong", f"Bearer {gone}", secret):
            sent = headers | ({"Authorization": authorization} if authorization else {})
            response = await client.post(push.PATH_BATCHES, content=body, headers=sent)
            assert response.status_code == 401, authorization
            assert response.headers["www-authenticate"].startswith("Bearer")
        good = headers | {"Authorization": f"bearer {secret}"}
        assert (await client.post(push.PATH_BATCHES, content=body, headers=good)).status_code == 200
        assert await counted(client, "pushes", "no_token") == 4
        assert await counted(client, "pushes", "bad_token") == 2


async def test_clients_with_bad_tokens_are_turned_away_in_the_end(tmp_path: Path) -> None:
    config = "[ingest]\nbad_tokens_per_s = 0.001\nbad_tokens_burst = 3\n"
    async with collector(tmp_path, config=config) as client:
        secret = token(tmp_path, SITE)
        pusher = Pusher(client, agent(), secret)
        assert (await pusher.batch(pusher.agent.batch(NOW))).status_code == 200
        headers = {"Authorization": "Bearer tst_wrong"}
        statuses = [
            (await client.post(push.PATH_BATCHES, content=b"", headers=headers)).status_code
            for _ in range(5)
        ]
        assert statuses == [401, 401, 401, 429, 429]
        # A good token is never refused because of its neighbour's bad ones.
        for _ in range(3):
            assert (await pusher.batch(pusher.agent.batch(NOW))).status_code == 200
        again = await client.post(push.PATH_BATCHES, content=b"", headers=headers)
        assert again.status_code == 429
        assert int(again.headers["retry-after"]) > 0


async def test_a_site_that_pushes_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    config = "[ingest]\npushes_per_s = 0.01\npushes_burst = 2\n"
    async with collector(tmp_path, config=config) as client:
        pusher = Pusher(client, agent(), token(tmp_path, SITE))
        other = Pusher(client, agent("ba-dinh"), token(tmp_path, "ba-dinh"))
        replies = [await pusher.batch(pusher.agent.batch(NOW)) for _ in range(3)]
        assert [reply.status_code for reply in replies] == [200, 200, 429]
        assert 0 < int(replies[2].headers["retry-after"]) <= 100
        assert (await other.batch(other.agent.batch(NOW))).status_code == 200


async def test_a_site_that_pushes_too_much_is_told_when_to_come_back(tmp_path: Path) -> None:
    config = "[ingest]\nbytes_per_s = 1\nbytes_burst = 300\n"
    async with collector(tmp_path, config=config) as client:
        pusher = Pusher(client, agent(), token(tmp_path, SITE))
        began_s = time.monotonic()
        assert (await pusher.body(bytes(200))).status_code == 400
        refused = await pusher.body(bytes(200))
        assert refused.status_code == 429
        passed_s = time.monotonic() - began_s
        assert 100 - passed_s <= int(refused.headers["retry-after"]) <= 100


@pytest.mark.parametrize("name", ["A\0b", "fiber\r\nBcc: x", "\u202eknil", "a\u2028b"])
async def test_verdicts_with_names_that_cannot_be_printed_are_refused(
    tmp_path: Path, name: str
) -> None:
    async with collector(tmp_path) as client:
        pusher = Pusher(client, agent(), token(tmp_path, SITE))
        for changed in (
            change(NOW - S, State.DOWN, link=name),
            change(NOW - S, State.DOWN, service=name),
        ):
            response = await pusher.batch(pusher.agent.batch(NOW, changes=[changed]))
            assert response.status_code == 400
            assert "cannot be printed" in response.json()["error"]
        assert (await pusher.batch(pusher.agent.batch(NOW, number=1))).status_code == 200


@pytest.mark.parametrize(
    ("series", "says"),
    [
        (Series(kind="icmp", revision=1, link="a\nb", target="", family=Family.IP4), "printed"),
        (Series(kind="icmp", revision=1, link="", target="\x00", family=Family.IP4), "printed"),
        (Series(kind="UP TIME", revision=1, link="", target="", family=Family.IP4), "kind"),
    ],
)
async def test_a_layout_with_names_that_no_database_can_hold_is_refused(
    tmp_path: Path, series: Series, says: str
) -> None:
    columns = KindColumns(
        kind=series.kind, revision=1, columns=(MetricColumn(metric="icmp_rtt_seconds"),)
    )
    body = encode_layout(Layout(series=(series,), kinds=(columns,)))
    async with collector(tmp_path) as client:
        pusher = Pusher(client, agent(), token(tmp_path, SITE))
        response = await pusher.layout(body)
        assert response.status_code == 400
        assert says in response.json()["error"]
        assert await counted(client, "layouts", "malformed") == 1


@pytest.mark.parametrize(
    ("body", "status", "reason", "says"),
    [
        (b"", 400, "malformed", "zstd"),
        (b"\x00" * 100, 400, "malformed", "zstd"),
        (zstandard.compress(b"\xff" * 50), 400, "malformed", "version"),
        (zstandard.compress(b"\x91\x63"), 415, "wrong_version", "version 99"),
        (zstandard.compress(bytes(64 << 20)), 413, "too_large", "unpacks to"),
        (bytes(LIMITS.body_bytes + 1), 413, "too_large", str(LIMITS.body_bytes)),
    ],
    ids=["empty", "noise", "not-msgpack", "version", "zip-bomb", "too-large"],
)
async def test_a_body_that_is_not_a_batch_gets_the_right_status_and_does_no_harm(
    tmp_path: Path, body: bytes, status: int, reason: str, says: str
) -> None:
    async with collector(tmp_path) as client:
        pusher = Pusher(client, agent(), token(tmp_path, SITE))
        response = await pusher.body(body)
        assert response.status_code == status, response.text
        assert says in response.json()["error"]
        assert await counted(client, "pushes", reason) == 1
        assert (await pusher.batch(pusher.agent.batch(NOW))).status_code == 200


async def test_a_body_without_a_length_is_cut_off_where_it_is_too_large(tmp_path: Path) -> None:
    async with collector(tmp_path) as client:
        secret = token(tmp_path, SITE)

        async def endless() -> object:
            for _ in range(LIMITS.body_bytes // 65536 + 2):
                yield bytes(65536)

        headers = {
            "Authorization": f"Bearer {secret}",
            "Content-Type": push.CONTENT_TYPE_BATCH,
        }
        response = await client.post(
            push.PATH_BATCHES,
            content=endless(),  # type: ignore[arg-type]
            headers=headers,
        )
        assert response.status_code == 413


async def test_each_visitor_is_told_the_address_that_the_collector_sees(
    tmp_path: Path,
) -> None:
    async with collector(tmp_path) as client:
        response = await client.get(push.PATH_ADDRESS)
        assert response.status_code == 200
        assert response.json() == {"address": "127.0.0.1"}
        assert response.headers["cache-control"] == "no-store"
        refused = await client.post(push.PATH_ADDRESS, content=b"x")
        assert refused.status_code == 405
        assert refused.headers["allow"] == "GET"


async def test_other_methods_and_content_types_are_named(tmp_path: Path) -> None:
    async with collector(tmp_path) as client:
        secret = token(tmp_path, SITE)
        response = await client.get(push.PATH_BATCHES)
        assert response.status_code == 405
        assert response.headers["allow"] == "POST"
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "text/plain"}
        response = await client.post(push.PATH_BATCHES, content=b"x", headers=headers)
        assert response.status_code == 415
        assert push.CONTENT_TYPE_BATCH in response.json()["error"]


@pytest.mark.parametrize("boottime", ["-1", "1e9", "abc", "9" * 30])
async def test_an_invalid_boot_time_header_is_refused(tmp_path: Path, boottime: str) -> None:
    async with collector(tmp_path) as client:
        secret = token(tmp_path, SITE)
        headers = {
            "Authorization": f"Bearer {secret}",
            "Content-Type": push.CONTENT_TYPE_BATCH,
            push.HEADER_BOOTTIME: boottime,
        }
        response = await client.post(push.PATH_BATCHES, content=b"", headers=headers)
        assert response.status_code == 400
        assert await counted(client, "pushes", "bad_clock_header") == 1


async def test_a_clock_a_year_off_is_accepted_flagged_and_shown(tmp_path: Path) -> None:
    year_ns = 365 * 86_400 * S
    async with collector(tmp_path) as client:
        device = BatchSealer(SITE, epoch_ns=time.time_ns() - NOW - year_ns)
        pusher = Pusher(client, device, token(tmp_path, SITE))
        batch = device.batch(NOW, [icmp_result(NOW - S)])
        response = await pusher.batch(batch, boottime_ns=NOW, boot_id=BOOT)
        assert response.status_code == 200
        assert await counted(client, "clocks", "wrong") == 1
        assert (await client.get(f"/sites/{SITE}.json")).json()["clock_trusted"] is False


async def test_a_site_that_packs_too_many_values_into_few_bytes_is_slowed_and_no_other(
    tmp_path: Path,
) -> None:
    config = "[ingest]\nvalues_per_s = 1\nvalues_burst = 300\n"
    async with collector(tmp_path, config=config) as client:
        pusher = Pusher(client, agent(), token(tmp_path, SITE))
        other = Pusher(client, agent("ba-dinh"), token(tmp_path, "ba-dinh"))
        usual = usual_results(NOW - 15 * S)  # 36 results of four values each
        statuses = [
            (await pusher.batch(pusher.agent.batch(NOW + place * S, usual))).status_code
            for place in range(3)
        ]
        assert statuses == [200, 200, 429]
        assert await counted(client, "pushes", "over_budget") == 1
        assert await counted(client, "over_budget", "values") == 1
        assert (await other.batch(other.agent.batch(NOW, usual))).status_code == 200
        # What says little is taken from both.
        assert (await pusher.batch(pusher.agent.batch(NOW + 9 * S))).status_code == 200


def layout_of_targets(first: int, count: int) -> bytes:
    names = [f"target-{number}" for number in range(first, first + count)]
    return encode_layout(
        sorted_layout(
            Series(kind="icmp", revision=1, link="fiber", target=name, family=Family.IP4)
            for name in names
        )
    )


async def test_a_site_that_brings_ever_new_series_is_stopped_and_no_other(tmp_path: Path) -> None:
    config = "[ingest]\nseries_per_s = 0.001\nseries_burst = 500\n"
    async with collector(tmp_path, config=config) as client:
        pusher = Pusher(client, agent(), token(tmp_path, SITE))
        other = Pusher(client, agent("ba-dinh"), token(tmp_path, "ba-dinh"))
        layouts = [layout_of_targets(number * 40, 40) for number in range(4)]
        responses = [await pusher.layout(body) for body in layouts]
        statuses = [response.status_code for response in responses]
        assert statuses[0] == 200
        assert statuses[-1] == 429
        assert "new series" in responses[-1].json()["error"]
        # What it brought before stays its own, and the neighbour has a budget of its own.
        assert (await pusher.layout(layouts[0])).status_code == 200
        assert (await other.layout(layouts[-1])).status_code == 200


async def test_the_same_series_in_ever_new_layouts_is_stopped_too(tmp_path: Path) -> None:
    config = "[ingest]\nlayout_bytes_per_s = 1\nlayout_bytes_burst = 2000\n"
    async with collector(tmp_path, config=config) as client:
        pusher = Pusher(client, agent(), token(tmp_path, SITE))
        statuses = [
            (await pusher.layout(layout_of_targets(0, count))).status_code
            for count in range(1, 120)
        ]
        assert statuses[0] == 200
        assert statuses[-1] == 429
