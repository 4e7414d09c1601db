"""From a phone's form to the page of the commissioning, the command line and the report."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pypdf import PdfReader

from tests.collector.app.stage import INVENTORY, SITE, NotifyingStack
from tests.collector.commissioning.test_photo import JPEG, PLACE, png, taken_upright
from tests.collector.running import WITHIN_S
from tests.collector.web.incident.test_routes import command
from tests.collector.web.test_commissioning import PAGE, SECOND, WALK, push, shows
from tests.collector.web.test_test_request import clerk
from tests.plain_http import NO_AUTHORITIES
from thongsuot_collector.store.commissioning_photos import StoredPhoto, photos_of, save_photo
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.web.uploads import boundary_of, parts_of

PHOTOS = f"{PAGE}/photos"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[NotifyingStack]:
    made = NotifyingStack(tmp_path, inventory=INVENTORY + SECOND)
    try:
        await made.collector.start()
        yield made
    finally:
        await made.close()


async def send(
    stage: NotifyingStack,
    link: str,
    body: bytes,
    *,
    auth: tuple[str, str] | None,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """Send the form of a line with a file, as a browser does."""
    async with httpx.AsyncClient(
        base_url=stage.collector.url, timeout=WITHIN_S, verify=NO_AUTHORITIES
    ) as client:
        return await client.post(
            f"{PHOTOS}?lang=en",
            auth=httpx.USE_CLIENT_DEFAULT if auth is None else httpx.BasicAuth(*auth),
            data={"link": link},
            files={"photo": ("label.jpg", body, "image/jpeg")},
            headers={"Origin": stage.collector.url, **(headers or {})},
        )


async def test_a_photo_of_a_label_is_kept_with_the_run_and_is_in_the_report(
    stage: NotifyingStack, tmp_path: Path
) -> None:
    lan = await clerk(stage)
    assert (await send(stage, "fiber", JPEG, auth=lan)).status_code == 404
    await push(stage, *WALK)
    await shows(stage, "1 of 2 lines proven")
    form = await stage.ask("GET", f"{PAGE}?lang=en", auth=lan)
    assert 'enctype="multipart/form-data"' in form.text
    assert (await send(stage, "fiber", JPEG, auth=None)).status_code == 401
    foreign = {"Origin": "https://elsewhere.example"}
    assert (await send(stage, "fiber", JPEG, auth=lan, headers=foreign)).status_code == 403
    assert (await send(stage, "nothing", JPEG, auth=lan)).status_code == 404
    refused = await send(stage, "fiber", b"<svg/>", auth=lan)
    assert (refused.status_code, refused.text) == (422, "This file is no JPEG or PNG picture.")
    assert (await send(stage, "fiber", bytes(7 << 20), auth=lan)).status_code == 413

    assert (await send(stage, "fiber", png(), auth=lan)).status_code == 303
    assert (await send(stage, "fiber", taken_upright(6), auth=lan)).status_code == 303
    await shows(stage, f'href="{PHOTOS}/fiber"')
    shown = await stage.get(f"{PHOTOS}/fiber")
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert PLACE not in shown.content
    assert (await stage.get(f"{PHOTOS}/mobile")).status_code == 303
    assert (await stage.ask("GET", f"{PHOTOS}/fiber")).status_code == 401

    out = tmp_path / "report.pdf"
    status, output = await command(stage, "commissioning", SITE, "--pdf", str(out), "--lang", "en")
    assert status == 0, output
    answer = await stage.get(f"{PAGE}.pdf?lang=en")
    assert answer.content == out.read_bytes()
    pages = PdfReader(io.BytesIO(answer.content)).pages
    assert sum(len(page.images) for page in pages) == 1
    assert "Photos of the labels" in " ".join(page.extract_text() for page in pages)
    assert "Trần Thị Lan" in " ".join(page.extract_text() for page in pages)


def test_photos_of_runs_that_are_gone_go_with_the_next_one(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.sqlite")
    try:
        photo = StoredPhoto(link="fiber", at_ns=1, by="Lan", media_type="image/png", body=png())
        save_photo(store, SITE, "ab12", photo)
        assert photos_of(store, SITE, "ab12") == [], "there is no such run"
    finally:
        store.dispose()


def test_a_form_is_read_by_its_boundary_whatever_is_in_the_file() -> None:
    content = b"a\r\n--b\r\n\r\n\x0b\x0c\r\r\n--"
    body = (
        b'--xyz\r\nContent-Disposition: form-data; name="link"\r\n\r\nfiber\r\n'
        b'--xyz\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
        + content
        + b"\r\n--xyz--\r\n"
    )
    assert parts_of(body, b"xyz") == {"link": b"fiber", "photo": content}
    assert boundary_of('multipart/form-data; boundary="xyz"') == b"xyz"
    assert boundary_of("multipart/form-data") == b""
    assert boundary_of(f"multipart/form-data; boundary*{'9' * 5_000}=xyz") == b""
    assert boundary_of(f'multipart/form-data; boundary=xyz; a="{";" * 15_000}') == b""
    assert parts_of(body.replace(b"--xyz\r", b"--xyz\r\n" * 10 + b"--xyz\r"), b"xyz") == {}
    assert boundary_of("application/x-www-form-urlencoded; boundary=xyz") == b""
