"""An engineer comments on an incident: it stands in its history and in the audit log."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.collector.web.desk.desk_stack import DeskStack, desk_stack


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskStack]:
    async with desk_stack(tmp_path) as made:
        yield made


async def test_a_comment_is_read_by_all_who_see_the_incident_and_survives_a_crash(
    desk: DeskStack,
) -> None:
    incident = await desk.cut()
    lan = await desk.person("lan", "Trần Thị Lan", "city-engineer")
    minh = await desk.person("minh", "Minh", "city-reader")
    path = f"/incidents/{incident}/comment"
    shown = (await desk.ask("GET", f"/incidents/{incident}", auth=lan)).text
    assert f'href="{path}?lang=vi"' in shown
    assert "Trần Thị Lan ghi chú" in (await desk.ask("GET", path, auth=lan)).text
    assert (await desk.ask("POST", path, auth=lan, form={"comment": ""})).status_code == 422
    form = {"comment": "Đội cáp hẹn 14:00 <b>"}
    assert (await desk.ask("POST", path, auth=minh, form=form)).status_code == 404
    assert (await desk.ask("POST", path, auth=lan, form=form)).status_code == 303
    await desk.mend()
    over = {"comment": "Nguyên nhân: thi công đường"}
    assert (await desk.ask("POST", path, auth=lan, form=over)).status_code == 303
    await desk.stack.crash()
    page = (await desk.ask("GET", f"/incidents/{incident}", auth=minh)).text
    assert "Ghi chú: Trần Thị Lan: Đội cáp hẹn 14:00 &lt;b&gt;" in page
    assert "Ghi chú: Trần Thị Lan: Nguyên nhân: thi công đường" in page
    assert path not in page, "who only looks has no button"
    assert (await desk.run("audit", incident)).count("incident_commented") == 2
    assert (await desk.ask("GET", "/incidents/nosuch/comment", auth=lan)).status_code == 404
