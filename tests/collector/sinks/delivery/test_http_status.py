"""
The table of answers: nothing is dropped because of who is asked, only because of what is refused.
"""

from http import HTTPStatus

import pytest

from thongsuot_collector.sinks.delivery.http_status import DeliveryAction, action_for


@pytest.mark.parametrize(
    ("action", "statuses"),
    [
        (DeliveryAction.DONE, (200, 202, 204)),
        (DeliveryAction.SPLIT, (400, 409, 413, 422)),
        (DeliveryAction.RETRY, (408, 425, 429, 500, 502, 503, 504, 507, 599)),
        (DeliveryAction.WAIT, (301, 302, 307, 401, 403, 404, 405, 407, 410, 415, 418, 501, 505)),
    ],
)
def test_each_status_leads_to_its_action(action: DeliveryAction, statuses: tuple[int, ...]) -> None:
    for status in statuses:
        assert action_for(status)[0] is action, status


def test_every_status_there_is_has_an_action_and_a_reason() -> None:
    for status in HTTPStatus:
        if status >= 200:
            action, why = action_for(status)
            assert action in DeliveryAction
            assert why
