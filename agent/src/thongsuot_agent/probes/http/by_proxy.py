"""
Fetches one page through a link's proxy, which resolves the name and opens the connection itself.
"""

from dataclasses import replace

from thongsuot_agent.links.curl_multi import current_multi
from thongsuot_agent.links.outbound import Outbound
from thongsuot_agent.probing.fetch import Fetch, FetchRequest, FetchResponse
from thongsuot_agent.probing.proxy import LinkProxy
from thongsuot_schema.reason import Reason

PROXY_ANSWER_S = 2.0
"""Time limit for a proxy's own page, if it did not answer the request for the portal's page."""


async def fetch_by_proxy(link: Outbound, request: FetchRequest, proxy: LinkProxy) -> FetchResponse:
    """
    Return the result of a request through a proxy.

    A proxy that does not answer in time may be waiting for a portal behind a dead line, or may be
    dead itself: a page of its own is requested, within the time limit of the request.

    Raises:
        LinkUnusable: nothing can be sent to the proxy.
    """
    answer_s = min(PROXY_ANSWER_S, request.timeout_s / 2)
    asked = replace(request, proxy=proxy, timeout_s=request.timeout_s - answer_s)
    response = await Fetch(link, asked).perform(current_multi())
    if response.reason is not Reason.PROXY_SILENT:
        return response
    own = await Fetch(link, replace(request, url=f"{proxy.url}/", timeout_s=answer_s)).perform(
        current_multi()
    )
    spent_bytes = response.cost_bytes + own.cost_bytes
    if own.status is None:
        return replace(response, cost_bytes=spent_bytes)
    return replace(
        response,
        reason=Reason.PROXY_CANNOT_REACH,
        detail="the proxy itself answers",
        cost_bytes=spent_bytes,
    )
