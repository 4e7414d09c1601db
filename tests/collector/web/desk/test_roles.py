"""Every page and every API as everybody: who may not has no such page, and learns nothing."""

import base64
import re
import time
from pathlib import Path

from starlette.routing import Route

from tests.collector.app.stage import PASSWORD
from tests.collector.web.desk.desk_stack import DeskStack, desk_stack
from tests.collector.web.sign_in.browsers import SmallBrowser, browser
from thongsuot_collector.app.components import open_components
from thongsuot_collector.app.routes import page_apps
from thongsuot_collector.config.read import directory_for, read_configuration
from thongsuot_collector.sla.calendar import NS_PER_MS, month_at
from thongsuot_collector.store import people
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.web.tmf.routes import COLLECTIONS

Places = dict[str, str | dict[str, str]]

PUBLIC = {
    *("/metrics", "/healthz", "/readyz", "/leader"),
    *("/answers/{token}", "/sign-in", "/sign-in/code"),
    *("/offline.js", "/icon.svg"),
}
"""What programs ask without a name, what is opened by a link of its own, and where people say who
they are."""

SECRETS = ("Hoàn Kiếm", "hoan-kiem", "HNI-1", "VNPT", "vnpt")
"""What is the other carrier's and the other commune's: in no answer to who may not see it."""

OWN_ACCOUNT = {
    "/sign-out",
    "/me/sessions",
    "/me/password",
    "/me/recovery-codes",
    "/me/second-factor/remove",
}
POSTED = {
    "/sites/{name}/problems/{kind}",
    "/sites/{name}/commissioning/photos",
} | OWN_ACCOUNT
"""What is only posted to."""

ENGINEER, READER, SHARED, OWN, KEY, OTHER, COMMUNE, ELSEWHERE, STRANGER = (
    "an engineer",
    "a reader",
    "who has the shared password",
    "the carrier",
    "the carrier's link",
    "the other carrier",
    "the commune",
    "another commune",
    "a stranger",
)
CITY = {ENGINEER, READER, SHARED}

NAMED = {ENGINEER, READER, OWN, OTHER, COMMUNE, ELSEWHERE}

BY_SESSION = {"/me": NAMED | {SHARED}, "/me/second-factor": NAMED}
"""What is there for who came by the sign-in page alone."""

MAY: dict[str, set[str]] = {
    "/": CITY | {COMMUNE, ELSEWHERE, OWN, OTHER, KEY},
    "/me": set(),
    "/me/second-factor": set(),
    "/wall": CITY,
    "/live": set(),  # of nothing; who may see which stream: web/live/test_live.py
    "/feeds/incidents.atom": CITY | {OWN, OTHER, KEY},
    "/feeds/maintenance.ics": CITY | {OWN, OTHER, KEY},
    "/sites": CITY | {COMMUNE, ELSEWHERE},
    "/links": CITY | {COMMUNE, ELSEWHERE},
    "/agents": CITY | {COMMUNE, ELSEWHERE},
    "/deliveries": CITY,
    "/audit": CITY,
    "/sites/{name}": CITY | {COMMUNE},
    "/sites/{name}.json": CITY | {COMMUNE},
    "/sites/{name}/manifest.webmanifest": CITY | {COMMUNE},
    "/sites/{name}/tests": {ENGINEER},
    "/sites/{name}/account": CITY | {COMMUNE},
    "/sites/{name}/commissioning": CITY | {COMMUNE},
    "/sites/{name}/commissioning.pdf": CITY | {COMMUNE},
    "/sites/{name}/commissioning/photos/{link}": CITY | {COMMUNE},
    "/account": CITY,
    "/incidents": CITY,
    "/incidents/{name}": CITY | {OWN, KEY},
    "/incidents/{name}.json": CITY | {OWN, KEY},
    "/incidents/{name}/acknowledge": {ENGINEER},
    "/incidents/{name}/ruling": {ENGINEER},
    "/incidents/{name}/comment": {ENGINEER},
    "/incidents/{name}/merge": {ENGINEER},
    "/incidents/{name}/split": {ENGINEER},
    "/incidents/{name}/close": {ENGINEER},
    "/incidents/{name}/reopen": set(),  # nobody closed this one
    "/incidents/{name}/maintenance": {ENGINEER},
    "/incidents/{name}/report": set(),  # nobody reported this one
    "/desk": CITY | {OWN, OTHER, KEY},
    "/desk/{carrier}": CITY | {OWN, KEY},
    "/desk/{carrier}/keys": {ENGINEER},
    "/desk/{carrier}/work": {ENGINEER, OWN, KEY},
    "/desk/{carrier}/work/{work}": {ENGINEER},
    "/desk/{carrier}/incidents/{incident}/{kind}": {ENGINEER, OWN, KEY},
    "/sla": CITY | {OWN, OTHER, KEY},
    "/sla/{month}": CITY | {OWN, OTHER, KEY},
    "/sla/{month}/{circuit}": CITY | {OWN, KEY},
    **{
        path: CITY | others
        for collection in COLLECTIONS
        for path, others in (
            (collection.path, {OWN, OTHER, KEY}),
            (f"{collection.path}/{{id}}", {OWN, KEY}),
        )
    },
    "/openapi.json": CITY | {COMMUNE, ELSEWHERE, OWN, OTHER, KEY},
    "/api/v1/summary": CITY,
    **{
        f"/api/v1/{name}{suffix}": CITY | others
        for name, others in {
            "sites": {COMMUNE, ELSEWHERE},
            "links": {COMMUNE, ELSEWHERE, OWN, OTHER, KEY},
            "incidents": {OWN, OTHER, KEY},
            "agents": {COMMUNE, ELSEWHERE},
            "deliveries": set[str](),
            "audit": set[str](),
            "carriers": {OWN, OTHER, KEY},
            "communes": {COMMUNE, ELSEWHERE},
            "maintenance": {OWN, OTHER, KEY},
        }.items()
        for suffix in ("", ".csv")
    },
}
"""Who may open what of VNPT's incident at Hoàn Kiếm; the test knows every route of the program."""


def plain_configuration(folder: Path) -> Path:
    """Write a configuration with a folder and nothing else of its own; return the file."""
    folder.mkdir()
    path = folder / "collector.toml"
    path.write_text(f'state_dir = "{folder}"\n', encoding="utf-8")
    return path


async def known_paths(folder: Path) -> set[str]:
    """Return the paths of all pages, as the program mounts them."""
    configuration = read_configuration(plain_configuration(folder))
    directory = directory_for(configuration, file="c.toml")
    async with open_components(configuration, directory) as components:
        _, pages = page_apps(components)
        return {
            re.sub(r":\w+}", "}", route.path) for route in pages.routes if isinstance(route, Route)
        }


async def test_every_route_is_walked(tmp_path: Path) -> None:
    assert await known_paths(tmp_path / "other") - PUBLIC - POSTED == set(MAY)


async def test_people_without_access_to_a_page_get_none(tmp_path: Path) -> None:
    async with desk_stack(tmp_path) as desk:
        incident = await desk.cut()
        query = await desk.desk_key("vnpt")
        refuse = f"/desk/vnpt/incidents/{incident}/refused?{query}"
        form = {"name": "Bình", "text": "ONT mất điện"}
        assert (await desk.ask("POST", refuse, form=form)).status_code == 303
        (work,) = await desk.propose_work(query)
        logins = everybody(tmp_path)
        places = places_of(incident, work)
        for pattern, allowed in MAY.items():
            path = filled(pattern, places)
            for who, headers in logins.items():
                url = f"{path}?{query}" if who == KEY else path
                answer = await desk.ask("GET", url, headers=headers)
                where = f"{path} as {who}"
                if who in allowed:
                    assert answer.status_code in {200, 303}, where
                elif who in {STRANGER, SHARED}:  # without a name of their own they may give one
                    assert answer.status_code == 401, where
                else:
                    assert answer.status_code == 404, where
                if who not in allowed or who in {OTHER, ELSEWHERE}:
                    assert not [word for word in SECRETS if word in answer.text], where
        await post_as_who_may_not(desk, logins)
        # An answer to what is there and to what is not is the same to who may see neither.
        for there, nowhere in (
            (f"/incidents/{incident}", "/incidents/20261125-00000000"),
            ("/sites/hoan-kiem", "/sites/none"),
            ("/desk/vnpt", "/desk/none"),
            (f"/sla/{places['month']}/HNI-1", f"/sla/{places['month']}/none"),
        ):
            for who in (OTHER, ELSEWHERE, STRANGER):
                foreign = await desk.ask("GET", there, headers=logins[who])
                other = await desk.ask("GET", nowhere, headers=logins[who])
                assert (foreign.status_code, foreign.text) == (other.status_code, other.text), there
        await walk_by_session(desk, places, tmp_path)


async def post_as_who_may_not(desk: DeskStack, logins: dict[str, dict[str, str]]) -> None:
    """Send what is only sent: who may not has no such page."""
    refused = {
        "/sites/hoan-kiem/problems/slow": (OWN, OTHER, ELSEWHERE, STRANGER),
        "/sites/hoan-kiem/commissioning/photos": (READER, OWN, OTHER, COMMUNE, STRANGER),
        # Of one's own account only a session changes anything.
        **dict.fromkeys(OWN_ACCOUNT - {"/sign-out"}, (ENGINEER, OWN, STRANGER)),
    }
    for path, people_who_may_not in refused.items():
        for who in people_who_may_not:
            answer = await desk.ask("POST", path, headers=logins[who], form={})
            assert answer.status_code == (401 if who == STRANGER else 404), (path, who)


async def walk_by_session(desk: DeskStack, places: Places, folder: Path) -> None:
    """Walk all pages as everybody who signs in, and as who does not, with a browser's requests."""
    for who, (name, password) in people_of(folder).items():
        async with browser(desk.stack.collector.url) as own:
            await own.sign_in(name, password)
            await walk_as(own, who, places)
    async with browser(desk.stack.collector.url) as stranger:
        await walk_as(stranger, STRANGER, places)


async def walk_as(own: SmallBrowser, who: str, places: Places) -> None:
    """Walk all pages with a browser."""
    for pattern, by_login in MAY.items():
        allowed = BY_SESSION.get(pattern, by_login)
        answer = await own.get(filled(pattern, places))
        where = f"{pattern} as {who}, signed in"
        is_led = answer.headers.get("location", "").startswith("/sign-in")
        if who in allowed:
            assert answer.status_code in {200, 303}, where
            assert not is_led, where
        elif who in {STRANGER, SHARED}:
            assert is_led, where
        else:
            assert answer.status_code == 404, where
        if who not in allowed or who in {OTHER, ELSEWHERE}:
            assert not [word for word in SECRETS if word in answer.text], where


def places_of(incident: str, work: str) -> Places:
    """Return what stands in the places of paths."""
    return {
        "name": {"incidents": incident, "sites": "hoan-kiem"},
        "carrier": "vnpt",
        "incident": incident,
        "id": incident,
        "kind": "mended",
        "work": work,
        "month": str(month_at(time.time_ns() // NS_PER_MS)),
        "circuit": "HNI-1",
        "link": "fiber",
    }


def everybody(folder: Path) -> dict[str, dict[str, str]]:
    """Give everybody an account; return what their programs send."""
    logins = {who: {"Authorization": basic(*login)} for who, login in people_of(folder).items()}
    return logins | {KEY: {}, STRANGER: {}}


def people_of(folder: Path) -> dict[str, tuple[str, str]]:
    """Give everybody an account; return their names and passwords."""
    store = open_store(folder / "state" / "store.sqlite")
    accounts = {
        who: (name, people.put(store, name, name, role=role, scope=scope))
        for who, name, role, scope in (
            (ENGINEER, "lan", PersonRole.CITY_ENGINEER, ""),
            (READER, "minh", PersonRole.CITY_READER, ""),
            (OWN, "binh", PersonRole.CARRIER, "vnpt"),
            (OTHER, "phuc", PersonRole.CARRIER, "fpt"),
            (COMMUNE, "hoa", PersonRole.COMMUNE, "00070"),
            (ELSEWHERE, "van", PersonRole.COMMUNE, "09619"),
        )
    }
    store.dispose()
    accounts[SHARED] = ("ai", PASSWORD)
    return accounts


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def filled(pattern: str, places: Places) -> str:
    """Return a path with its places filled."""

    def place(match: re.Match[str]) -> str:
        value = places[match[1]]
        return value if isinstance(value, str) else value[pattern.split("/")[1]]

    return re.sub(r"{(\w+)}", place, pattern)
