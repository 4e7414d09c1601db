"""
Versions of site configurations, and what a running collector says of them to agents that push.
"""

import contextlib
import secrets
import time
from pathlib import Path

import httpx
import msgspec
import pytest
from sqlalchemy import event, inspect, text

from tests.collector.batches import BatchSealer, S, icmp_result
from tests.collector.running import Pusher, collector, eventually, token
from tests.collector.siteconfig.test_derive import CITY, city
from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.cli.main import main
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.siteconfig.registry import SiteConfigRegistry
from thongsuot_collector.siteconfig.rollout import RolloutStatus
from thongsuot_collector.store import audit, site_configs
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.batch import push
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.siteconfig.codec import decode, version_of
from thongsuot_schema.siteconfig.model import OfferedConfig

SITE = "ba-dinh"
HOUR_NS = 3600 * S


class ConfigReporter:
    """An agent that says which site configuration it runs."""

    def __init__(self, client: httpx.AsyncClient, secret: str) -> None:
        stream = secrets.token_hex(8)
        self.agent = BatchSealer(SITE, stream=stream, epoch_ns=time.time_ns() - HOUR_NS)
        self.client = client
        self.pusher = Pusher(client, self.agent, secret)
        self.at_ns = HOUR_NS

    async def says(self, version: str | None, *notices: Notice) -> push.PushResponse:
        """Push a batch, saying that; return the answer."""
        self.at_ns += S
        batch = self.agent.batch(self.at_ns, [icmp_result(self.at_ns - S)])
        batch = msgspec.structs.replace(batch, notices=notices)
        headers = {} if version is None else {push.HEADER_SITE_CONFIG: version}
        self.client.headers.pop(push.HEADER_SITE_CONFIG, None)
        self.client.headers.update(headers)
        response = await self.pusher.batch(batch, boottime_ns=self.at_ns)
        assert response.status_code == 200, response.text
        self.body = response.content
        return msgspec.json.decode(response.content, type=push.PushResponse)

    async def is_offered(self, version: str) -> OfferedConfig:
        """Return the site configuration that the answer to that carries."""
        return msgspec.json.decode((await self.says(version)).site_config, type=OfferedConfig)


async def test_a_site_config_comes_where_versions_differ_and_not_a_byte_where_they_agree(
    tmp_path: Path,
) -> None:
    async with collector(tmp_path, inventory=city()) as client:
        agent = ConfigReporter(client, token(tmp_path, SITE))
        offer = await agent.is_offered("none")
        site_config = decode(bytes(offer.content))
        assert (site_config.site, offer.number) == (SITE, 1)
        assert [target.name for target in site_config.targets] == ["dvc", "far"]
        version = version_of(offer)
        # Again, until the agent says that it runs it, or will not.
        assert version_of(await agent.is_offered("none")) == version
        for reported in (version, f"none !{version}", None, "nonsense"):
            answer = await agent.says(reported)
            assert not bytes(answer.site_config), reported
            assert agent.body == msgspec.json.encode(
                push.PushResponse(
                    acknowledged=answer.acknowledged,
                    answered_boottime_ns=answer.answered_boottime_ns,
                    collector_wall_ns=answer.collector_wall_ns,
                )
            )
        assert version_of(await agent.is_offered("9-00000000 !8-00000000")) == version


async def test_a_site_that_the_inventory_does_not_have_gets_no_site_config(tmp_path: Path) -> None:
    async with collector(tmp_path) as client:
        agent = ConfigReporter(client, token(tmp_path, SITE))
        assert not bytes((await agent.says("none")).site_config)


async def test_collectors_that_offer_none_send_none(tmp_path: Path) -> None:
    config = "[site_configs]\noffer = false\n"
    async with collector(tmp_path, inventory=city(), config=config) as client:
        agent = ConfigReporter(client, token(tmp_path, SITE))
        assert not bytes((await agent.says("none")).site_config)


async def test_numbers_continue_across_restarts_and_only_count_changes(tmp_path: Path) -> None:
    secret = token(tmp_path, SITE)

    async def number(version: str) -> int:
        async with collector(tmp_path, inventory=city(version)) as client:
            return (await ConfigReporter(client, secret).is_offered("none")).number

    other = CITY.replace("https://dvc.example/", "https://new.example/")
    assert [
        await number(inventory_text) for inventory_text in (CITY, CITY, other, other, CITY)
    ] == [1, 1, 2, 2, 3]
    store = open_store(tmp_path / STORE_FILE)
    lines = [row.detail for row in audit.listed(store, subject="inventory")]
    store.dispose()
    assert len(lines) == 3
    assert lines[0] == "as the collector started; new site configurations: 2 sites"


async def test_the_progress_of_sites_is_shown_in_store_metrics_and_pages(tmp_path: Path) -> None:
    config = tmp_path / "collector.toml"
    folder = tmp_path / "inventory"
    folder.mkdir()
    (folder / "city.toml").write_text(CITY)
    config.write_text(f'state_dir = "{tmp_path}"\ninventory_dir = "{folder}"\n')
    async with collector(tmp_path, inventory=city()) as client:
        agent = ConfigReporter(client, token(tmp_path, SITE))
        version = version_of(await agent.is_offered("none"))

        async def is_counted(status: RolloutStatus) -> bool:
            figures = (await client.get("/metrics")).text
            return f'thongsuot_collector_site_configs{{status="{status}"}} 1.0' in figures

        assert await is_counted(RolloutStatus.WAITING)
        assert await is_counted(RolloutStatus.UNHEARD), "the other site"
        await agent.says(version)
        assert await is_counted(RolloutStatus.CURRENT)
        await agent.says(None)
        assert await is_counted(RolloutStatus.NOT_TAKING)
        why = f'{version} [[targets]] "dvc" url: wrong'
        notice = Notice(code=NoticeCode.CONFIG_REJECTED, boottime_ns=agent.at_ns, text=why)
        await agent.says(f"none !{version}", notice)
        assert await is_counted(RolloutStatus.REFUSED)

        async def is_on_page() -> bool:
            page = (await client.get(f"/sites/{SITE}?lang=en")).text
            return "does not run the newest site configuration" in page and "url: wrong" in page

        await eventually(is_on_page)
        assert "không chạy" in (await client.get(f"/sites/{SITE}")).text
    # Ended: the command line reads what was kept.
    capture = tmp_path / "out"

    def says(*words: str) -> tuple[int, str]:
        with capture.open("w") as file, contextlib.redirect_stdout(file):
            status = main([*words, "--config", str(config)])
        return status, capture.read_text()

    status, printed = says("site-configs")
    assert status == 0
    (line,) = [
        printed_line for printed_line in printed.splitlines() if printed_line.startswith(SITE)
    ]
    assert version in line
    assert "refused" in line
    assert '[[targets]] "dvc" url: wrong' in line
    assert "unheard" in printed
    status, printed = says("site-configs", SITE, "--show")
    assert (status, '"site": "ba-dinh"' in printed) == (0, True)
    status, printed = says("site-configs", SITE, "--renew")
    assert (status, printed.strip()) == (0, f"2-{version.partition('-')[2]}")
    assert says("site-configs", "nowhere")[0] == 2
    assert says("site-configs", "--renew")[0] == 2
    store = open_store(tmp_path / STORE_FILE)
    assert audit.listed(store, subject=SITE)[-1].action == "site_config_renewed"
    store.dispose()


async def test_a_site_config_that_is_renewed_comes_again(tmp_path: Path) -> None:
    async with collector(tmp_path, inventory=city()) as client:
        agent = ConfigReporter(client, token(tmp_path, SITE))
        offer = await agent.is_offered("none")
        refused = f"none !{version_of(offer)}"
        assert not bytes((await agent.says(refused)).site_config)
        store = open_store(tmp_path / STORE_FILE)
        site_configs.renew(store, SITE)
        store.dispose()

        async def comes() -> bool:
            return bool(bytes((await agent.says(refused)).site_config))

        await eventually(comes)
        again = await agent.is_offered(refused)
        assert (again.number, again.content) == (2, offer.content)


async def test_while_the_inventory_is_read_number_and_content_never_part(tmp_path: Path) -> None:
    store = open_store(tmp_path / STORE_FILE)
    directory = InventoryDirectory(city())
    registry = SiteConfigRegistry(store, directory)
    await registry.load()
    assert bytes(registry.offer_for(SITE, "none"))
    directory.replace(InventoryDirectory(city(CITY.replace("dvc.example", "new.example"))))
    # Renewed, but without a version yet: nothing is sent rather than the wrong thing.
    assert not bytes(registry.offer_for(SITE, "none"))
    assert await registry.regenerate(by="", detail="edited") == 2
    offer = msgspec.json.decode(registry.offer_for(SITE, "none"), type=OfferedConfig)
    assert offer.number == 2
    newest, _ = registry.of(SITE)
    assert newest is not None
    assert version_of(offer) == newest.version
    await registry.save()
    store.dispose()


async def test_the_reason_of_a_refusal_survives_restarts(tmp_path: Path) -> None:
    secret = token(tmp_path, SITE)
    async with collector(tmp_path, inventory=city()) as client:
        agent = ConfigReporter(client, secret)
        version = version_of(await agent.is_offered("none"))
        notice = Notice(
            code=NoticeCode.CONFIG_REJECTED, boottime_ns=agent.at_ns, text=f"{version} too dear"
        )
        await agent.says(f"none !{version}", notice)
    store = open_store(tmp_path / STORE_FILE)
    registry = SiteConfigRegistry(store, InventoryDirectory(city()))
    await registry.load()
    _, run = registry.of(SITE)
    assert run is not None
    assert (run.refused, run.reason, registry.rollout_status(SITE)) == (
        version,
        "too dear",
        RolloutStatus.REFUSED,
    )
    assert not bytes(registry.offer_for(SITE, f"none !{version}"))
    store.dispose()


@pytest.mark.parametrize("name", ["site_configs", "site_config_runs"])
def test_a_store_from_before_there_were_site_configs_gets_their_tables(
    tmp_path: Path, name: str
) -> None:
    store = open_store(tmp_path / STORE_FILE)
    with store.begin() as connection:
        connection.execute(text("DROP TABLE site_configs"))
        connection.execute(text("DROP TABLE site_config_runs"))
        connection.execute(text("UPDATE store_version SET version = 7"))
    store.dispose()
    store = open_store(tmp_path / STORE_FILE)
    assert inspect(store).has_table(name)
    store.dispose()


async def test_a_site_config_that_is_too_large_is_not_sent_and_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "inventory"
    folder.mkdir()
    large = CITY + "".join(
        f'[[targets]]\nname = "p{n}"\nrole = "service"\nsegment = "service"\n'
        f'url = "https://p{n}.example/"\ntitle_vi = "{"Cổng dịch vụ " * 10}"\n'
        for n in range(300)
    )
    (folder / "city.toml").write_text(large)
    async with collector(tmp_path, inventory=city(large)) as client:
        agent = ConfigReporter(client, token(tmp_path, SITE))
        assert not bytes((await agent.says("none")).site_config)
    assert "cannot send site configuration of site=ba-dinh" in caplog.text
    config = tmp_path / "collector.toml"
    config.write_text(f'state_dir = "{tmp_path}"\ninventory_dir = "{folder}"\n')
    assert main(["site-configs", SITE, "--config", str(config)]) == 0
    assert "too large to be sent" in capsys.readouterr().out


async def test_versions_are_read_again_only_after_one_was_made(tmp_path: Path) -> None:
    store = open_store(tmp_path / STORE_FILE)
    registry = SiteConfigRegistry(store, InventoryDirectory(city()))
    await registry.load()
    await registry.refresh()
    read: list[str] = []

    def note_reading(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "site_configs.digest" in statement:
            read.append(statement)

    event.listen(store, "before_cursor_execute", note_reading)
    await registry.refresh()
    assert not read
    site_configs.renew(store, SITE)
    read.clear()
    await registry.refresh()
    newest, _ = registry.of(SITE)
    assert newest is not None
    assert (newest.number, len(read)) == (2, 1)
    await registry.refresh()
    assert len(read) == 1
    store.dispose()
