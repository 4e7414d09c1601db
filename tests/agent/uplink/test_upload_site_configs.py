"""What a push says of the site configuration that the device runs."""

from pathlib import Path

from tests.agent.uplink.receiver import PushReceiver, ScriptedReply, scripted
from tests.agent.uplink.test_upload_service import pushing, until
from tests.schema.batch.test_push import crowded
from thongsuot_agent.uplink.answer import PushOutcome
from thongsuot_agent.uplink.upload_service import SiteConfigHooks
from thongsuot_schema.batch.push import PATH_LAYOUTS, fit_answer


async def test_each_batch_says_which_configuration_is_run_in_35_bytes(tmp_path: Path) -> None:
    running, heard = ["none"], list[tuple[str, PushOutcome]]()
    talk = SiteConfigHooks(
        running_text=lambda: running[0], on_push_end=lambda *arguments: heard.append(arguments)
    )
    async with (
        PushReceiver().listening() as receiver,
        pushing(tmp_path, receiver, site_configs=talk) as pusher,
    ):
        pusher.make(1)
        await receiver.until(lambda: receiver.numbers == [1])
        running[0] = "7-3f9a0c1b"
        pusher.make(2)
        await receiver.until(lambda: receiver.numbers == [1, 2])
        await until(lambda: len(heard) == 2)
        first, layout, again, second = receiver.heard
        assert layout.path == PATH_LAYOUTS
        assert "thongsuot-site-config" not in layout.headers, "the configuration is said of a batch"
        assert (
            first.headers["thongsuot-site-config"]
            == again.headers["thongsuot-site-config"]
            == "none"
        )
        assert second.headers["thongsuot-site-config"] == "7-3f9a0c1b"
        assert len("Thongsuot-Site-Config: 7-3f9a0c1b\r\n") == 35
        assert [outcome for outcome, _ in heard] == ["none", "7-3f9a0c1b"]
        assert [reading.status for _, reading in heard] == [200, 200]


async def test_an_agent_that_takes_no_site_configs_reports_nothing(tmp_path: Path) -> None:
    async with PushReceiver().listening() as receiver, pushing(tmp_path, receiver) as pusher:
        pusher.make(1)
        await receiver.until(lambda: receiver.numbers == [1])
        assert not any("thongsuot-site-config" in heard.headers for heard in receiver.heard)


async def test_a_batch_is_acknowledged_however_much_is_broken_at_the_site(tmp_path: Path) -> None:
    answer = fit_answer(crowded(4_000))
    script = scripted(ScriptedReply(status=200, answer=answer))
    async with (
        PushReceiver(script=script).listening() as receiver,
        pushing(tmp_path, receiver) as pusher,
    ):
        pusher.make(1)
        await until(lambda: pusher.spool.status().waiting_batches == 0)
        assert len(receiver.heard) == 1
        assert pusher.uplink.answer is not None
        assert pusher.uplink.answer.notifications == answer.notifications
