"""The audit of what is pinned: the real pip-audit against an advisory service of the test's own."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from tools import audit as auditing
from tools.audit import NOT_AUDITED, audit
from tools.lint import commands, verdict

PINS = {"idna": "3.7", "Jinja2": "3.1.4", "zstandard": "0.23.0"}
SAMPLE = {
    "schema_version": "1.7.0",
    "id": "GHSA-0000-test",
    "aliases": ["CVE-2099-0001"],
    "summary": "made for a test",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "jinja2"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.1.5"}]}],
        }
    ],
}
"""One advisory in the form of OSV (its schema, version 1)."""

Answer = Callable[[dict[str, object]], tuple[int, bytes]]


@contextmanager
def service(answer: Answer) -> Iterator[str]:
    """Run an advisory service; gives its query URL."""

    class AdvisoryHandler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            status, body = answer(json.loads(self.rfile.read(length)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), AdvisoryHandler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_pins_of_which_nothing_is_known_pass_and_each_was_asked_about() -> None:
    asked: list[dict[str, object]] = []

    def nothing(question: dict[str, object]) -> tuple[int, bytes]:
        asked.append(question)
        return 200, b"{}"

    with service(nothing) as url:
        assert audit(PINS, url) == (0, "audited: 3 packages, no known vulnerability")
    assert sorted(json.dumps(query, sort_keys=True) for query in asked) == sorted(
        json.dumps(
            {"package": {"ecosystem": "PyPI", "name": name.lower()}, "version": version},
            sort_keys=True,
        )
        for name, version in PINS.items()
    )


def known(question: dict[str, object]) -> tuple[int, bytes]:
    """Answer with the advisory where it is about the package."""
    return 200, json.dumps({"vulns": [SAMPLE]} if "jinja2" in str(question) else {}).encode()


def test_a_known_vulnerability_fails_and_says_where_it_is_mended() -> None:
    with service(known) as url:
        status, message = audit(PINS, url)
    assert status == 1
    assert message == ("jinja2 3.1.4 is vulnerable: CVE-2099-0001, GHSA-0000-test; mended in 3.1.5")


def test_an_accepted_advisory_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "ACCEPTED", {"GHSA-0000-test": "of the test"})
    with service(known) as url:
        assert audit(PINS, url)[0] == 0


def test_a_service_that_is_away_is_reported_and_is_not_a_success() -> None:
    with service(known) as url:
        pass
    status, message = audit(PINS, url)
    assert status == NOT_AUDITED
    assert message.startswith("not audited: the advisory service is unavailable: ")


@pytest.mark.parametrize(
    ("status", "body"), [(503, b"busy"), (200, b"<html>please sign in</html>"), (404, b"")]
)
def test_a_service_that_answers_something_else_has_audited_nothing(
    status: int, body: bytes
) -> None:
    with service(lambda _question: (status, body)) as url:
        code, message = audit(PINS, url)
    assert code == NOT_AUDITED, message
    assert message.startswith("not audited: ")


def test_a_tool_that_is_broken_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert audit(PINS, "http://127.0.0.1:9/")[0] == 1


def test_lint_makes_the_audit_and_says_what_it_could_not_make() -> None:
    assert commands()["advisories"][-1] == "tools.audit"
    assert NOT_AUDITED == os.EX_TEMPFAIL
    assert verdict(11, [], []) == "11 checks passed"
    assert verdict(11, [], ["advisories"]) == "10 checks passed; not made: advisories"
    assert verdict(11, ["style"], ["advisories"]) == (
        "1 of 11 checks failed: style; not made: advisories"
    )
