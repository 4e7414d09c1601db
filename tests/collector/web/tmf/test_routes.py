"""A carrier's system polls alarms and tickets of a real collector, as TM Forum describes them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import tmf
from tests.collector.notify.incident_events import city_inventory, cut_fibre, steady_city
from tests.collector.queries.reporting_city import reporting_city
from tests.collector.running import eventually
from tests.collector.web.desk.desk_stack import DeskStack, desk_stack
from thongsuot_collector.queries.scope import WHOLE_CITY
from thongsuot_collector.web.tmf.incident_view import view_of
from thongsuot_collector.web.tmf.resources import alarm_number, incident_of_alarm
from thongsuot_collector.web.tmf.routes import newest_first
from thongsuot_schema.words.dates import VIETNAM

ALARMS, TICKETS, TICKETS_4 = (
    "/tmf-api/alarm/v4/alarm",
    "/tmf-api/troubleTicket/v5/troubleTicket",
    "/tmf-api/troubleTicket/v4/troubleTicket",
)
COLLECTIONS = (ALARMS, TICKETS, TICKETS_4)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[DeskStack]:
    async with desk_stack(tmp_path) as stack:
        yield stack


class CarrierSystem:
    """What polls: a program of one carrier with its token."""

    def __init__(self, desk: DeskStack, secret: str) -> None:
        self._desk = desk
        self._headers = {"Authorization": f"Bearer {secret}"}

    async def get(self, path: str) -> httpx.Response:
        """Ask for something."""
        return await self._desk.ask("GET", path, headers=self._headers)

    async def only(self, path: str) -> dict[str, Any]:
        """Return the only resource that is answered."""
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        (resource,) = answer.json()
        assert answer.headers["x-total-count"] == answer.headers["x-result-count"] == "1"
        return dict(resource)


async def system(desk: DeskStack, role: str, scope: str) -> CarrierSystem:
    words = ("api-token", "create", "NOC", "--role", role, "--scope", scope)
    return CarrierSystem(desk, await desk.run(*words))


async def test_a_noc_that_polls_follows_an_incident_from_its_onset_to_its_end(
    desk: DeskStack,
) -> None:
    vnpt = await system(desk, "carrier", "vnpt")
    for path in COLLECTIONS:
        assert (await vnpt.get(path)).json() == []
    incident = await desk.cut()
    number = alarm_number(incident)
    alarm = await vnpt.only(ALARMS)
    assert (alarm["id"], alarm["href"]) == (number, f"{ALARMS}/{number}")
    assert (alarm["externalAlarmId"], alarm["ackState"]) == (incident, "unacknowledged")
    assert (alarm["perceivedSeverity"], alarm["isRootCause"]) == ("critical", True)
    assert alarm["alarmedObject"] == {"id": "HNI-1"}
    assert alarm["affectedService"] == [{"id": "HNI-1"}]
    ticket = await vnpt.only(TICKETS)
    assert (ticket["id"], ticket["status"]) == (incident, "acknowledged")
    assert ticket["relatedEntity"][0]["entity"]["id"] == "HNI-1"
    assert "HNI-1" in ticket["description"]
    assert (await vnpt.only(TICKETS_4))["externalId"] == incident

    query = await desk.desk_key("vnpt")
    when = datetime.now(VIETNAM).replace(second=0, microsecond=0) + timedelta(hours=2)
    form = {"name": "Bình", "text": "đã cử đội cáp", "moment": when.strftime("%Y-%m-%dT%H:%M")}
    taken = await desk.ask("POST", f"/desk/vnpt/incidents/{incident}/expected?{query}", form=form)
    assert taken.status_code == 303
    alarm, ticket = await vnpt.only(ALARMS), await vnpt.only(TICKETS)
    assert (alarm["ackState"], alarm["state"]) == ("acknowledged", "updated")
    assert alarm["ackUserId"]
    assert [note["userId"] for note in alarm["comment"]] == ["Bình"]
    assert ticket["status"] == "inProgress"
    assert datetime.fromisoformat(ticket["expectedResolutionDate"]) == when
    assert "đã cử đội cáp" in ticket["note"][0]["text"]

    await desk.mend()
    alarm, ticket = await vnpt.only(ALARMS), await vnpt.only(TICKETS)
    assert (alarm["state"], alarm["perceivedSeverity"]) == ("cleared", "cleared")
    assert alarm["alarmRaisedTime"] < alarm["alarmClearedTime"]
    assert ticket["status"] == "resolved"
    assert ticket["resolutionDate"] == alarm["alarmClearedTime"]
    steps = [change["status"] for change in ticket["statusChangeHistory"]]
    assert steps == ["acknowledged", "inProgress", "resolved"]
    old = await vnpt.only(TICKETS_4)
    assert [change["status"] for change in old["statusChange"]] == steps
    for path, name in ((ALARMS, str(number)), (ALARMS, incident), (TICKETS, incident)):
        fetched = await vnpt.get(f"{path}/{name}")
        assert fetched.json() == await vnpt.only(path)
    short = (await vnpt.get(f"{TICKETS}/{incident}?fields=status,severity")).json()
    assert set(short) == {"id", "href", "@type", "status", "severity"}


async def test_a_refused_incident_is_pending_until_the_city_decides(desk: DeskStack) -> None:
    vnpt = await system(desk, "carrier", "vnpt")
    incident = await desk.cut()
    query = await desk.desk_key("vnpt")
    refuse = f"/desk/vnpt/incidents/{incident}/refused?{query}"
    form = {"name": "Bình", "text": "ONT mất điện"}
    assert (await desk.ask("POST", refuse, form=form)).status_code == 303
    ticket = await vnpt.only(TICKETS)
    assert (ticket["status"], ticket["statusChangeReason"]) == ("pending", "ONT mất điện")
    lan = await desk.person("lan", "Trần Thị Lan", "city-engineer")
    form = {"side": "for", "reason": "ảnh ONT tắt"}
    await desk.ask("POST", f"/incidents/{incident}/ruling", auth=lan, form=form)

    async def is_rejected() -> bool:
        return bool((await vnpt.only(TICKETS))["status"] == "rejected")

    await eventually(is_rejected)
    assert (await vnpt.only(TICKETS))["statusChangeReason"] == "ảnh ONT tắt"


async def test_people_without_access_to_an_incident_find_none(desk: DeskStack) -> None:
    incident = await desk.cut()
    fpt = await system(desk, "carrier", "fpt")
    commune = await system(desk, "commune", "00070")
    stranger = CarrierSystem(desk, "tsr_wrong")
    for path in COLLECTIONS:
        mine = await fpt.get(path)
        assert (mine.status_code, mine.json()) == (200, [])
        assert mine.headers["x-total-count"] == "0"
        there = await fpt.get(f"{path}/{incident}")
        nowhere = await fpt.get(f"{path}/20261125-00000000")
        assert there.status_code == nowhere.status_code == 404
        assert there.text == nowhere.text
        assert (await commune.get(path)).status_code == 404
        assert (await stranger.get(path)).status_code == 401
    answer = await fpt.get(f"{ALARMS}/{'9' * 40}")
    assert answer.status_code == 404
    assert (await desk.ask("POST", ALARMS, form={"state": "cleared"})).status_code == 405


async def test_collections_are_filtered_and_paged(tmp_path: Path) -> None:
    async with reporting_city(tmp_path) as city:
        names = [await city.cut(site) for site in ("s0", "s1", "s2")]

        async def outages() -> list[dict[str, Any]]:
            answer = await city.client.get(ALARMS, params={"isRootCause": "true"})
            return [alarm for alarm in answer.json() if alarm["correlatedAlarm"]]

        # Three points of one carrier are one outage, and their own alarms no root cause.
        await eventually(lambda: _is_one(outages))
        (outage,) = await outages()
        parts = [reference["id"] for reference in outage["correlatedAlarm"]]
        assert sorted(parts) == sorted(str(alarm_number(name)) for name in names)
        child = (await city.client.get(f"{ALARMS}/{parts[0]}")).json()
        assert [parent["id"] for parent in child["parentAlarm"]] == [str(outage["id"])]
        first = await city.client.get(ALARMS, params={"limit": "1", "fields": "externalAlarmId"})
        assert (first.headers["x-total-count"], first.headers["x-result-count"]) == ("4", "1")
        assert set(first.json()[0]) == {"id", "href", "@type", "externalAlarmId"}
        total = int((await city.client.get(TICKETS)).headers["x-total-count"])
        seen = []
        for offset in range(total):
            page = await city.client.get(TICKETS, params={"limit": "1", "offset": str(offset)})
            seen += [ticket["id"] for ticket in page.json()]
        assert len(set(seen)) == total
        assert outage["externalAlarmId"] in seen
        now = datetime.now(UTC).isoformat()
        for asked, count in (
            ({"externalAlarmId": names[0]}, 1),
            ({"id": str(alarm_number(names[1]))}, 1),
            ({"state": "cleared"}, 0),
            ({"state": "raised,updated"}, 4),
            ({"alarmRaisedTime.lt": now}, 4),
            ({"alarmRaisedTime.gt": now}, 0),
            ({"alarmClearedTime.lt": now}, 0),
        ):
            answer = await city.client.get(ALARMS, params=asked)
            assert len(answer.json()) == count, asked
        for path, error in ((ALARMS, {}), (TICKETS, {"@type": "Error"})):
            wrong = await city.client.get(path, params={"colour": "red"})
            assert wrong.status_code == 400
            assert "colour" in wrong.json()["reason"]
            assert wrong.json().items() >= error.items()
        same = {"If-None-Match": (await city.client.get(TICKETS)).headers["etag"]}
        assert (await city.client.get(TICKETS, headers=same)).status_code == 304


def test_resources_of_the_same_moment_have_one_order_however_they_were_found() -> None:
    city = steady_city(city_inventory())
    first = cut_fibre(city).incident
    views = [
        view_of(msgspec.structs.replace(first, id=name, opened_ns=at_ns), WHOLE_CITY)
        for name, at_ns in (("d", 2), ("a", 1), ("b", 2), ("c", 3))
    ]
    for found in permutations(views):
        assert [view.incident.id for view in newest_first(found)] == ["c", "b", "d", "a"]


async def _is_one(outages: Callable[[], Awaitable[list[dict[str, Any]]]]) -> bool:
    return len(await outages()) == 1


async def test_answers_are_as_the_published_files_have_them(desk: DeskStack) -> None:
    tmf.need()
    vnpt = await system(desk, "carrier", "vnpt")
    incident = await desk.cut()
    query = await desk.desk_key("vnpt")
    form = {"name": "Bình", "text": "ONT mất điện"}
    await desk.ask("POST", f"/desk/vnpt/incidents/{incident}/refused?{query}", form=form)
    await desk.mend()
    for path, file in (
        (ALARMS, tmf.ALARMS_4),
        (TICKETS, tmf.TICKETS_5),
        (TICKETS_4, tmf.TICKETS_4),
    ):
        contract, name = tmf.api(file), path.rpartition("/")[2]
        for asked, template, status in (
            (path, f"/{name}", 200),
            (f"{path}?fields=none", f"/{name}", 200),
            (f"{path}?colour=red", f"/{name}", 400),
            (f"{path}/{incident}", f"/{name}/{{id}}", 200),
            (f"{path}/none", f"/{name}/{{id}}", 404),
        ):
            answer = await vnpt.get(asked)
            assert answer.status_code == status, asked
            contract.check_answer("get", template, status, answer.json())


@given(
    day=st.dates(min_value=datetime(2000, 1, 1, tzinfo=UTC).date()),
    digits=st.integers(min_value=0, max_value=2**32 - 1),
)
def test_an_alarm_has_a_whole_number_and_its_incident_is_found_by_it(
    day: Any,  # noqa: ANN401 - a date
    digits: int,
) -> None:
    name = f"{day:%Y%m%d}-{digits:08x}"
    assert incident_of_alarm(str(alarm_number(name))) == name


@pytest.mark.parametrize("text", ["", "none", "-1", "٣", "9" * 18, "9" * 400, "20261130-1f1b8a9a"])
def test_an_alarm_number_that_is_not_a_number_is_taken_as_a_name(text: str) -> None:
    assert incident_of_alarm(text) == text


def test_a_number_of_today_is_exact_in_every_language() -> None:
    assert alarm_number("20871130-ffffffff") < 2**53
