"""One HTTP receiver, asked until it answers something that can be acted on."""

import asyncio
import logging
import random
import time
from collections.abc import Mapping

import httpx

from thongsuot_collector.delivery.answer import Action, action_for
from thongsuot_collector.delivery.backoff import Backoff, retry_after_s
from thongsuot_collector.metrics import Metrics

FIRST_S = 1.0
"""First wait when the receiver is ill; doubles up to a minute."""
_ILL_LIMIT_S = 60.0

PERSON_FIRST_S = 10.0
"""First wait when a person has to change something; doubles up to five minutes."""
_PERSON_LIMIT_S = 300.0

_TEXT_LIMIT = 200
"""Characters of an answer that are logged."""

_sleep = asyncio.sleep
_log = logging.getLogger(__name__)


class Post:
    """
    Posts bodies to one URL, and goes on trying while trying can help.

    httpx rather than pycurl: a request carries thousands of samples, so its 1.5 ms do not count; it
    shares the event loop, bounds each phase, and is typed.
    """

    def __init__(
        self,
        name: str,
        client: httpx.AsyncClient,
        url: str,
        *,
        headers: Mapping[str, str],
        metrics: Metrics,
    ) -> None:
        self._name = name
        self._client = client
        self._url = url
        self._headers = dict(headers)
        self._metrics = metrics
        self._ill = Backoff(first_s=FIRST_S, limit_s=_ILL_LIMIT_S, random=random.random)
        self._person = Backoff(
            first_s=PERSON_FIRST_S, limit_s=_PERSON_LIMIT_S, random=random.random
        )
        self._failing_since_s: float | None = None

    async def until_answered(self, body: bytes) -> tuple[Action, str]:
        """
        Post a body; return ``done`` or ``split``, and what the receiver said.

        Everything else is tried again for ever, with growing waits.
        """
        while True:
            action, said, asked_s = await self._once(body)
            self._metrics.sink_requests.labels(self._name, action.value).inc()
            if action is Action.DONE or action is Action.SPLIT:
                self._recovered()
                return action, said
            backoff = self._ill if action is Action.RETRY else self._person
            wait_s = backoff.failed(at_least_s=asked_s)
            if backoff.worth_telling():
                level = logging.WARNING if action is Action.RETRY else logging.ERROR
                _log.log(
                    level,
                    "cannot deliver (%d bytes) sink=%s: %s; nothing is dropped, again in %.0f s",
                    len(body),
                    self._name,
                    said,
                    wait_s,
                )
            if self._failing_since_s is None:
                self._failing_since_s = time.monotonic()
            await _sleep(wait_s)

    async def _once(self, body: bytes) -> tuple[Action, str, float]:
        try:
            response = await self._client.post(self._url, content=body, headers=self._headers)
        except httpx.TransportError as error:
            return Action.RETRY, f"{type(error).__name__}: {error}", 0.0
        action, why = action_for(response.status_code)
        if action is Action.DONE:
            return action, why, 0.0
        text = " ".join(response.text[:_TEXT_LIMIT].split())
        asked_s = retry_after_s(response.headers.get("retry-after", ""), now_s=time.time())
        return action, f"{response.status_code} {text} ({why})", asked_s

    def _recovered(self) -> None:
        failures = self._ill.succeeded() + self._person.succeeded()
        if failures and self._failing_since_s is not None:
            took_s = time.monotonic() - self._failing_since_s
            _log.info(
                "sink recovered sink=%s after %.0f s, %d failures", self._name, took_s, failures
            )
        self._failing_since_s = None
