"""The pages of a collector, put together from its parts."""

import time
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Route

from thongsuot_collector.app.parts import Parts
from thongsuot_collector.certificates.renewing import Renewing
from thongsuot_collector.ingest.enrol import Enrolling
from thongsuot_collector.ingest.pace import Pace
from thongsuot_collector.notify.telling.callbacks import callback_routes
from thongsuot_collector.web.ask.routes import AskPages
from thongsuot_collector.web.gate import Gate
from thongsuot_collector.web.incident.dossier import Archive
from thongsuot_collector.web.incident.routes import IncidentPages
from thongsuot_collector.web.pages import Pages
from thongsuot_collector.web.statement.routes import StatementPages
from thongsuot_collector.web.views import Views
from thongsuot_schema.enrolment import PATH_ENROL
from thongsuot_schema.renewal import PATH_CERTIFICATE

_READY_LAG = 1000
"""Entries that the states may be behind and still be called ready: some seconds' worth."""


def enrolling(made: Parts) -> list[Route]:
    """
    Return where devices turn their codes into tokens and certificates, and get the next one:
    beside the pushes, behind the same TLS.
    """
    settings = made.configuration.settings.ingest

    def strangers() -> Pace:
        return Pace(per_second=settings.bad_tokens_per_s, reserve=settings.bad_tokens_reserve)

    enrolment = Enrolling(
        made.store,
        made.entrance.tokens,
        made.entrance.admission,
        made.entrance.issuer,
        enrolments=made.metrics.enrolments,
        strangers=strangers(),
    )
    renewing = Renewing(
        made.store,
        made.entrance.admission,
        made.entrance.issuer,
        renewals=made.metrics.renewals,
        strangers=strangers(),
    )
    return [
        Route(PATH_ENROL, enrolment.answer, methods=["POST"]),
        Route(PATH_CERTIFICATE, renewing.answer, methods=["POST"]),
    ]


def sites(made: Parts) -> tuple[Starlette, Starlette]:
    """
    Return what stands beside the pushes, and the pages alone.

    Receivers call back where agents push: that is what others reach.

    Raises:
        OSError: the file of the password cannot be read.
    """
    settings = made.configuration.settings
    file = settings.page.password_file
    gate = Gate(made.store, Path(file).read_text("utf-8").strip() if file else "")

    def refresh() -> None:
        made.housekeeping.measure()
        made.desk.measure()
        made.metrics.site_plans.clear()
        for stand, count in made.site_plans.count().items():
            made.metrics.site_plans.labels(stand.value).set(count)
        made.metrics.doubled.set(len(made.clocks.twins.doubled(now_ns=time.time_ns())))

    views = Views(
        made.states,
        made.directory,
        told=made.desk.told,
        windows=lambda: made.incidents.book.picture.windows,
        silent_after_s=settings.page.silent_after_s,
        support_hotline=settings.page.support_hotline,
    )
    pages = Pages(
        views,
        made.metrics.registry,
        gate=gate,
        ready=lambda: made.states.lag <= _READY_LAG,
        refresh=refresh,
        doubled=lambda: made.clocks.twins.doubled(now_ns=time.time_ns()),
        plan_of=made.site_plans.of,
    )
    archive = Archive(
        made.incidents,
        made.store,
        made.directory,
        made.links,
        support_hotline=settings.page.support_hotline,
    )
    word_of = made.desk.dispatcher.word_of
    incidents = IncidentPages(archive, gate, made.links, word_of=word_of).routes()
    statements = StatementPages(made.archive, gate).routes()
    asks = AskPages(made.asks, gate, made.directory).routes()
    both = [*incidents, *statements, *asks]
    called = callback_routes(made.desk.dispatcher.channels, made.desk.nudge)
    return pages.app([*both, *called, *enrolling(made)]), pages.app(both)
