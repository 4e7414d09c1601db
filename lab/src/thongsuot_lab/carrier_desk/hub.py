"""Event hub: stores subscriptions to changes and publishes events to them."""

import asyncio
import itertools
import json
import urllib.request

from thongsuot_lab.carrier_desk.documents import ApiError, Json, rfc3339_now

_TIMEOUT_S = 5.0


class EventHub:
    """
    Subscriptions of one API; ``publish`` posts an event to each. A failed post is not retried.
    """

    def __init__(self, subscriptions: dict[str, Json] | None = None) -> None:
        self.subscriptions = subscriptions or {}
        self._numbers = itertools.count(max(map(int, self.subscriptions), default=0) + 1)

    def subscribe(self, document: Json) -> Json:
        """
        Add a subscription.

        Raises:
            ApiError: the request has no callback.
        """
        callback = document.get("callback")
        if not isinstance(callback, str) or not callback.startswith(("http://", "https://")):
            raise ApiError(400, "a subscription needs a callback")
        subscription: Json = {"id": str(next(self._numbers)), "callback": callback}
        if "@type" in document:
            subscription["@type"] = document["@type"]
        if "query" in document:
            subscription["query"] = document["query"]
        self.subscriptions[str(subscription["id"])] = subscription
        return subscription

    def get(self, name: str) -> Json:
        """
        Return a subscription.

        Raises:
            ApiError: there is no such subscription.
        """
        if name not in self.subscriptions:
            raise ApiError(404, f"there is no subscription {name}")
        return self.subscriptions[name]

    def unsubscribe(self, name: str) -> None:
        """
        Remove a subscription.

        Raises:
            ApiError: there is no such subscription.
        """
        del self.subscriptions[str(self.get(name)["id"])]

    async def publish(
        self, kind: str, document_name: str, document: Json, *, is_typed: bool
    ) -> None:
        """Post an event to all subscribers; ``kind`` as ``TroubleTicketStatusChangeEvent``."""
        event: Json = {
            "eventId": f"{document['id']}-{rfc3339_now()}",
            "eventTime": rfc3339_now(),
            "eventType": kind,
            "event": {document_name: document},
        }
        if is_typed:
            event["@type"] = kind
        path = f"/listener/{kind[0].lower()}{kind[1:]}"
        await asyncio.gather(
            *(
                asyncio.to_thread(post_json, f"{subscription['callback']}{path}", event)
                for subscription in self.subscriptions.values()
            )
        )


def post_json(url: str, body: Json) -> None:
    """Post JSON; a receiver that is not reachable misses the event."""
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_TIMEOUT_S) as answer:
            answer.read()
    except OSError:
        return
