"""What tests of several folders of the web share."""

from collections.abc import Callable

import pytest

from thongsuot_collector.web.sessions.attempts import SignInAttempts


@pytest.fixture
def attempts_at_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Let all attempts to sign in be made at one moment: the first wait is of a second, and a slow
    machine needs that for the attempts.
    """

    def at_one_moment(attempt: Callable[..., float]) -> Callable[..., float]:
        def made(*arguments: object, **more: object) -> float:
            return attempt(*arguments, **{**more, "now_s": 1_000.0})

        return made

    for name in ("begin", "begin_code"):
        monkeypatch.setattr(SignInAttempts, name, at_one_moment(getattr(SignInAttempts, name)))
