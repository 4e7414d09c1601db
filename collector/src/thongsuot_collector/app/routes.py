"""The pages of a collector, put together from its parts."""

import time
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Route

from thongsuot_collector.app.components import Components
from thongsuot_collector.ingest.certificate_renewal import CertificateRenewalEndpoint
from thongsuot_collector.ingest.enrolment import EnrolmentEndpoint
from thongsuot_collector.ingest.rate_limit import RateLimiter
from thongsuot_collector.notify.http.callbacks import callback_routes
from thongsuot_collector.web.access import PageAccess
from thongsuot_collector.web.failed_logins import FailedLogins
from thongsuot_collector.web.incident.report import IncidentArchive
from thongsuot_collector.web.incident.routes import IncidentPages
from thongsuot_collector.web.site_pages import SitePages
from thongsuot_collector.web.site_views import SiteViews
from thongsuot_collector.web.statement.routes import StatementPages
from thongsuot_collector.web.test_request.routes import TestRequestPages
from thongsuot_schema.enrolment import PATH_ENROL
from thongsuot_schema.renewal import PATH_CERTIFICATE

_READY_LAG = 1000
"""Entries that the states may be behind and still be called ready: some seconds' worth."""


def enrolment_routes(made: Components) -> list[Route]:
    """
    Return where devices turn their codes into tokens and certificates, and get the next one:
    beside the pushes, behind the same TLS.
    """
    settings = made.configuration.settings.ingest

    def strangers() -> RateLimiter:
        return RateLimiter(per_second=settings.bad_tokens_per_s, reserve=settings.bad_tokens_burst)

    enrolment = EnrolmentEndpoint(
        made.store,
        made.agent_access.tokens,
        made.agent_access.authenticator,
        made.agent_access.issuer,
        enrolments=made.metrics.enrolments,
        strangers=strangers(),
    )
    renewing = CertificateRenewalEndpoint(
        made.store,
        made.agent_access.authenticator,
        made.agent_access.issuer,
        renewals=made.metrics.renewals,
        strangers=strangers(),
    )
    return [
        Route(PATH_ENROL, enrolment.answer, methods=["POST"]),
        Route(PATH_CERTIFICATE, renewing.answer, methods=["POST"]),
    ]


def page_apps(made: Components) -> tuple[Starlette, Starlette]:
    """
    Return what stands beside the pushes, and the pages alone.

    Receivers call back where agents push: that is what others reach.

    Raises:
        OSError: the file of the password cannot be read.
    """
    settings = made.configuration.settings
    file = settings.page.password_file
    gate = PageAccess(
        made.store,
        Path(file).read_text("utf-8").strip() if file else "",
        FailedLogins(made.metrics.failed_logins),
    )

    def refresh() -> None:
        made.housekeeping.measure()
        made.desk.update_metrics()
        made.metrics.set_anchors(made.directory.inventory.targets)
        made.metrics.site_configs.clear()
        for status, count in made.site_configs.count_by_status().items():
            made.metrics.site_configs.labels(status.value).set(count)
        made.metrics.sites_with_duplicate_devices.set(
            len(made.clocks.duplicate_devices.sites_with_duplicates(now_ns=time.time_ns()))
        )

    views = SiteViews(
        made.states,
        made.directory,
        told=made.desk.site_notifications,
        windows=lambda: made.incidents.registry.network_state.windows,
        silent_after_s=settings.page.silent_after_s,
        support_hotline=settings.page.support_hotline,
    )
    pages = SitePages(
        views,
        made.metrics.registry,
        gate=gate,
        ready=lambda: made.states.lag <= _READY_LAG,
        refresh=refresh,
        doubled=lambda: made.clocks.duplicate_devices.sites_with_duplicates(now_ns=time.time_ns()),
        site_config_of=made.site_configs.of,
    )
    archive = IncidentArchive(
        made.incidents,
        made.store,
        made.directory,
        made.links,
        support_hotline=settings.page.support_hotline,
    )
    word_of = made.desk.display_name_of
    incidents = IncidentPages(archive, gate, made.links, word_of=word_of).routes()
    statements = StatementPages(made.archive, gate).routes()
    asks = TestRequestPages(made.test_requests, gate, made.directory).routes()
    both = [*incidents, *statements, *asks]
    called = callback_routes(made.desk.channels, made.desk.poll_now)
    return pages.app([*both, *called, *enrolment_routes(made)]), pages.app(both)
