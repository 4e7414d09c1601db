"""Assembles the pages of a collector from its parts."""

import time
from pathlib import Path

import msgspec
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.routing import Route

from thongsuot_collector.app.components import SIGN_IN_FILE, Components
from thongsuot_collector.app.readiness import leader_of, problem_of
from thongsuot_collector.correlation.city_decisions import CityDecisions
from thongsuot_collector.ingest.certificate_renewal import CertificateRenewalEndpoint
from thongsuot_collector.ingest.enrolment import EnrolmentEndpoint
from thongsuot_collector.ingest.rate_limit import RateLimiter, network_of
from thongsuot_collector.notify.dispatch.desk_links import DeskLinks
from thongsuot_collector.notify.dispatch.incident_links import load_or_create_secret
from thongsuot_collector.notify.http.callback_routes import callback_routes
from thongsuot_collector.queries.city import CityState
from thongsuot_collector.queries.nearest import NearestSites
from thongsuot_collector.queries.records import SiteStatus
from thongsuot_collector.web import documentation
from thongsuot_collector.web.access import Authenticators, PageAccess
from thongsuot_collector.web.account.routes import AccountPages
from thongsuot_collector.web.api.routes import Api
from thongsuot_collector.web.charts.incident_charts import IncidentCharts
from thongsuot_collector.web.charts.incident_paths import IncidentPaths
from thongsuot_collector.web.charts.site_history import SiteHistory
from thongsuot_collector.web.charts.style import PICTURE_STYLE
from thongsuot_collector.web.commissioning.routes import CommissioningPages
from thongsuot_collector.web.desk.answers import AnswerPages
from thongsuot_collector.web.desk.routes import DeskPages
from thongsuot_collector.web.desk.work import WorkPages
from thongsuot_collector.web.documentation import DocumentationPages
from thongsuot_collector.web.failed_logins import FailedLogins
from thongsuot_collector.web.feeds.routes import FeedPages
from thongsuot_collector.web.home.page import HomePage
from thongsuot_collector.web.incident.comment import CommentPages
from thongsuot_collector.web.incident.decisions import DecisionPages
from thongsuot_collector.web.incident.report import IncidentArchive
from thongsuot_collector.web.incident.routes import IncidentPages
from thongsuot_collector.web.incident.ruling import RulingPages
from thongsuot_collector.web.incident.work import IncidentWorkPages
from thongsuot_collector.web.leadership import FollowerPages, leader_route
from thongsuot_collector.web.lists.routes import ListPages
from thongsuot_collector.web.live.element import live_element
from thongsuot_collector.web.live.revisions import Revisions
from thongsuot_collector.web.live.routes import LivePages
from thongsuot_collector.web.live.topics import site_topic
from thongsuot_collector.web.mcp.tools import CityTools
from thongsuot_collector.web.offline.routes import OfflinePages
from thongsuot_collector.web.offline.scripts import offline_head, register_element
from thongsuot_collector.web.packing import PackedPages
from thongsuot_collector.web.problem.routes import ProblemPages
from thongsuot_collector.web.sessions.attempts import SignInAttempts
from thongsuot_collector.web.sessions.browser_sessions import BrowserSessions
from thongsuot_collector.web.sessions.password_check import PasswordCheck
from thongsuot_collector.web.sessions.sealing import Sealer
from thongsuot_collector.web.sessions.second_factor_check import SecondFactorCheck
from thongsuot_collector.web.sessions.settings import OidcSettings
from thongsuot_collector.web.sign_in.account_routes import AccountPage
from thongsuot_collector.web.sign_in.pages import PROVIDER_RETURN
from thongsuot_collector.web.sign_in.routes import SignInPages
from thongsuot_collector.web.site_pages import RemarksOf, SitePages
from thongsuot_collector.web.site_remarks import awaited_notes, site_remarks
from thongsuot_collector.web.site_views import SilenceRule, SiteViews
from thongsuot_collector.web.statement.routes import StatementPages
from thongsuot_collector.web.test_request.routes import TestRequestPages
from thongsuot_collector.web.tmf.routes import TmfApis
from thongsuot_collector.web.wall.routes import WallPages
from thongsuot_schema.enrolment import PATH_ENROL
from thongsuot_schema.page.periods import ChartPeriod
from thongsuot_schema.page.render import PageRemarks
from thongsuot_schema.renewal import PATH_CERTIFICATE
from thongsuot_schema.view import SiteView
from thongsuot_schema.words.language import Language


def enrolment_routes(components: Components) -> list[Route]:
    """
    Return the routes where devices exchange codes for tokens and certificates, and renew them:
    beside the pushes, behind the same TLS.
    """
    settings = components.configuration.settings.ingest

    def failed_attempts_limiter() -> RateLimiter:
        return RateLimiter(
            per_second=settings.bad_tokens_per_s,
            reserve=settings.bad_tokens_burst,
            sender_of=network_of,
        )

    enrolment = EnrolmentEndpoint(
        components.store,
        components.agent_access.tokens,
        components.agent_access.authenticator,
        components.agent_access.issuer,
        enrolments=components.metrics.enrolments,
        failed_attempts=failed_attempts_limiter(),
    )
    renewing = CertificateRenewalEndpoint(
        components.store,
        components.agent_access.authenticator,
        components.agent_access.issuer,
        renewals=components.metrics.renewals,
        failed_attempts=failed_attempts_limiter(),
    )
    return [
        Route(PATH_ENROL, enrolment.answer, methods=["POST"]),
        Route(PATH_CERTIFICATE, renewing.answer, methods=["POST"]),
    ]


def city_of(components: Components) -> CityState:
    """Return the data about the whole city for pages and answers."""
    return CityState(
        components.directory,
        components.incidents.registry,
        components.states.sites,
        components.site_configs.of,
        components.commissioning.newest.get,
    )


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """Parts of authentication that the pages share."""

    authenticators: Authenticators
    access: PageAccess
    second_factors: SecondFactorCheck
    sealer: Sealer

    def routes(self, components: Components) -> list[Route]:
        """Return the routes where people sign in, and manage their account."""
        store, settings = components.store, components.configuration.settings
        oidc = settings.sign_in.oidc
        title = oidc.title if oidc.issuer else None
        return [
            *SignInPages(
                store, self.authenticators, self.second_factors, provider_title=title
            ).routes(),
            *AccountPage(store, self.access, self.authenticators, self.second_factors).routes(),
            *(self._provider_routes(store, oidc, settings.notify.page_url) if oidc.issuer else ()),
        ]

    def _provider_routes(self, store: Engine, oidc: OidcSettings, page_url: str) -> list[Route]:
        from thongsuot_collector.web.sign_in import (  # noqa: PLC0415 - an extra
            provider,
            provider_routes,
        )

        file = oidc.client_secret_file
        return_url = f"{page_url.rstrip('/')}{PROVIDER_RETURN}"
        secret = Path(file).read_text("utf-8").strip() if file else ""
        identity_provider = provider.IdentityProvider(oidc, secret, return_url)
        return provider_routes.ProviderPages(
            store, self.authenticators, identity_provider, self.sealer, title=oidc.title
        ).routes()


def _sign_in(components: Components) -> SignIn:
    configuration, store = components.configuration, components.store
    settings, file = configuration.settings.sign_in, configuration.settings.page.password_file
    password = Path(file).read_text("utf-8").strip() if file else ""
    sealer = Sealer(load_or_create_secret(configuration.state_dir / SIGN_IN_FILE))
    attempts = SignInAttempts()
    authenticators = Authenticators(
        browsers=BrowserSessions(
            store,
            settings,
            sealer,
            password=password,
            is_behind_tls=configuration.settings.listen.plaintext,
        ),
        links=DeskLinks(components.links),
        passwords=PasswordCheck(store),
        attempts=attempts,
        failed_logins=FailedLogins(components.metrics.failed_logins),
        password=password,
        second_factor=settings.second_factor,
    )
    return SignIn(
        authenticators=authenticators,
        access=PageAccess(store, authenticators),
        second_factors=SecondFactorCheck(store, sealer, attempts),
        sealer=sealer,
    )


def _refresh_gauges(components: Components) -> None:
    components.housekeeping.measure()
    components.metrics.ready.set(not problem_of(components))
    components.notifications.update_metrics()
    components.metrics.set_anchors(components.directory.inventory.targets)
    components.metrics.site_configs.clear()
    for status, count in components.site_configs.count_by_status().items():
        components.metrics.site_configs.labels(status.value).set(count)
    components.quarantines.measure()
    components.metrics.sites_with_duplicate_devices.set(
        len(components.clocks.duplicate_devices.sites_with_duplicates(now_ns=time.time_ns()))
    )


def page_apps(components: Components) -> tuple[Starlette, Starlette]:
    """
    Return the routes beside the pushes, and the routes of the pages.

    Receivers call back at the address for pushes, because that one is reachable from outside.

    Raises:
        OSError: the file of the password cannot be read.
    """
    settings = components.configuration.settings
    sign_in = _sign_in(components)
    access = sign_in.access

    documents = DocumentationPages(settings.page.docs_dir, access).routes()
    views = SiteViews(
        components.states,
        components.directory,
        notifications_of=components.notifications.site_notifications,
        incidents_of=components.site_incidents,
        windows=lambda: components.incidents.registry.network_state.windows,
        nearest_of=NearestSites(city_of(components)).nearest,
        silence=SilenceRule(
            after_s=settings.page.silent_after_s,
            is_silent=lambda name: city_of(components).status_of(name) is SiteStatus.SILENT,
        ),
        support_hotline=settings.page.support_hotline,
    )
    pages = SitePages(
        views,
        components.metrics.registry,
        access=access,
        problem=lambda: problem_of(components),
        refresh=lambda: _refresh_gauges(components),
        duplicate_sites=lambda: components.clocks.duplicate_devices.sites_with_duplicates(
            now_ns=time.time_ns()
        ),
        home=HomePage(
            city_of(components), components.store, f"{documentation.PATH}/" if documents else ""
        ),
        remarks_of=_remarks_of(components),
    )
    role = components.role
    both = [
        *_pages_of_the_city(components, access),
        *OfflinePages(access, components.directory).routes(),
        *sign_in.routes(components),
        *documents,
        leader_route(lambda: role.leads and role.may_decide(), lambda: leader_of(components)),
    ]
    called = callback_routes(components.notifications.channels, components.notifications.poll_now)
    beside, alone = pages.app([*both, *called, *enrolment_routes(components)]), pages.app(both)
    for app in (beside, alone):
        app.add_middleware(PackedPages)
    if not role.leads:
        beside.add_middleware(FollowerPages)
        alone.add_middleware(FollowerPages)
    return beside, alone


def _remarks_of(components: Components) -> RemarksOf:
    """Return the provider of the parts beside the view on a site's page."""
    history = SiteHistory(components.store, components.states)
    silent_after_s = components.configuration.settings.page.silent_after_s

    async def remarks(
        view: SiteView, period: ChartPeriod | None, language: Language
    ) -> PageRemarks:
        state = components.states.sites.get(view.site)
        remarks = site_remarks(
            view.site,
            components.incidents.registry,
            components.site_configs.of(view.site),
            language,
            now_s=view.now_s,
            is_quarantined=components.quarantines.has(view.site),
            commissioning=components.commissioning.newest.get(view.site),
            generated_until_s=0.0 if state is None else state.generated_until_ms / 1000,
        )
        parts = await history.parts(view, period, language)
        return msgspec.structs.replace(
            remarks,
            notes=[*awaited_notes(view, silent_after_s, language), *remarks.notes],
            light_parts=parts,
            style=PICTURE_STYLE,
            head=offline_head(view.site),
            script=live_element(site_topic(view.site)) + register_element(),
        )

    return remarks


def _pages_of_incidents(
    components: Components, access: PageAccess, archive: IncidentArchive
) -> list[Route]:
    """Return the pages of incidents, and all forms about one."""
    decisions = CityDecisions(components.incidents, components.store)
    return [
        *IncidentPages(
            archive,
            access,
            components.links,
            IncidentCharts(SiteHistory(components.store, components.states), components.directory),
            IncidentPaths(components.states.sites, components.directory),
            display_name_of=components.notifications.display_name_of,
            grafana_url=components.configuration.settings.page.grafana_url,
        ).routes(),
        *CommentPages(archive, access).routes(),
        *RulingPages(archive, access).routes(),
        *DecisionPages(archive, access, decisions).routes(),
        *IncidentWorkPages(archive, access, decisions).routes(),
        *ProblemPages(components.problems, archive, access, components.directory).routes(),
        *AnswerPages(archive, access, components.links).routes(),
    ]


def _pages_of_the_city(components: Components, access: PageAccess) -> list[Route]:
    """Return the API, the lists, the pages of incidents, desks, statements and tests."""
    city = city_of(components)
    archive = IncidentArchive(
        components.incidents,
        components.store,
        components.directory,
        components.links,
        states=components.states.sites,
        support_hotline=components.configuration.settings.page.support_hotline,
    )
    desks = DeskPages(archive, components.archive, access, DeskLinks(components.links))
    return [
        *_pages_of_incidents(components, access, archive),
        *desks.routes(),
        *WorkPages(archive, access).routes(),
        *StatementPages(components.archive, access).routes(),
        *TestRequestPages(components.test_requests, access, components.directory).routes(),
        *CommissioningPages(
            components.commissioning,
            components.store,
            access,
            components.directory,
            page_url=components.configuration.settings.notify.page_url,
        ).routes(),
        *AccountPages(components.overview, access, components.directory).routes(),
        *Api(city, components.store, access).routes(),
        *TmfApis(
            city,
            components.store,
            access,
            components.links,
            support_hotline=components.configuration.settings.page.support_hotline,
        ).routes(),
        *FeedPages(city, components.store, access).routes(),
        *WallPages(city, access).routes(),
        *LivePages(
            Revisions(city),
            access,
            commune_of=lambda site: components.directory.site(site).commune,
            incidents=components.incidents.registry.incidents,
            links=components.links,
            stopping=components.stopping,
        ).routes(),
        *ListPages(
            city, components.store, access, archive, components.notifications.display_name_of
        ).routes(),
        *_mcp_routes(components, city, access),
    ]


def _mcp_routes(components: Components, city: CityState, access: PageAccess) -> list[Route]:
    if not components.configuration.settings.page.mcp:
        return []
    from thongsuot_collector.web.mcp.routes import McpEndpoint  # noqa: PLC0415 - an extra

    return McpEndpoint(CityTools(lambda: city, components.store), access).routes()
