"""The sign-in pages, and the page of an account. Pure."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

import msgspec

from thongsuot_collector.store.passwords import LONGEST, SHORTEST
from thongsuot_collector.store.people import Person
from thongsuot_collector.store.sessions import Session
from thongsuot_collector.web import labels as web_labels
from thongsuot_collector.web.layout import Frame, render
from thongsuot_collector.web.sign_in import labels
from thongsuot_schema.state import State
from thongsuot_schema.words.dates import moment
from thongsuot_schema.words.language import Language, Text

SIGN_IN: Final = "/sign-in"
CODE: Final = "/sign-in/code"
PROVIDER: Final = "/sign-in/provider"
PROVIDER_RETURN: Final = "/sign-in/provider/return"
SIGN_OUT: Final = "/sign-out"
ME: Final = "/me"
SECOND_FACTOR: Final = "/me/second-factor"

_NS_PER_S: Final = 1_000_000_000

# In this order: each of them also claims to be most of the later ones.
_BROWSERS: Final = (
    ("coc_coc_browser", "Coc Coc"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


class SignInDestination(msgspec.Struct, frozen=True, kw_only=True):
    """The language of a sign-in, and the page to open afterwards."""

    language: Language
    next: str = "/"

    def url(self, path: str, language: Language | None = None) -> str:
        """Return a path of these pages with both as parameters."""
        query = {"lang": language or self.language} | (
            {} if self.next == "/" else {"next": self.next}
        )
        return f"{path}?{urlencode(query)}"


def local_path(text: str) -> str:
    """Return a local path from a URL; the first page for anything else."""
    is_plain = all(" " < character < "\x7f" and character != "\\" for character in text)
    is_ours = text.startswith("/") and not text.startswith(("//", SIGN_IN, SIGN_OUT))
    return text if is_ours and is_plain and len(text) <= 1_000 else "/"


def sign_in_page(
    place: SignInDestination,
    *,
    name: str = "",
    mistake: str = "",
    note: Text | None = None,
    provider_title: str | None = None,
) -> str:
    """
    Return the page with name and password. ``mistake`` is the error of the last attempt;
    ``provider_title`` the name of the identity provider, ``None``: there is none.
    """
    language = place.language
    provider = None
    if provider_title is not None:
        title = provider_title or labels.PROVIDER.read(language)
        provider = labels.BY_PROVIDER.read(language, title=title)
    content = {
        "labels": labels,
        "action": place.url(SIGN_IN),
        "name": name,
        "mistake": mistake,
        "note": note,
        "provider": provider,
        "provider_url": place.url(PROVIDER),
    }
    return render("sign_in", _frame(web_labels.SIGN_IN, SIGN_IN, place), language, content)


def code_page(place: SignInDestination, *, mistake: str = "") -> str:
    """Return the page that asks for a code of the second factor."""
    content = {
        "labels": labels,
        "action": place.url(CODE),
        "sign_out": place.url(SIGN_OUT),
        "mistake": mistake,
    }
    return render("sign_in_code", _frame(labels.CODE_TITLE, CODE, place), place.language, content)


class PendingSecondFactor(msgspec.Struct, frozen=True, kw_only=True):
    """
    A second factor that is being set up: its QR ``picture``, its ``key`` to be typed, and the same
    ``sealed`` for the form. ``asks_password``: the form asks for it again. ``is_required``: access
    is blocked until it is set up.
    """

    picture: str
    key: str
    sealed: str
    asks_password: bool
    is_required: bool


def enrolment_page(
    place: SignInDestination, enrolment: PendingSecondFactor, *, mistake: Text | None = None
) -> str:
    """Return the page to set up a second factor."""
    content = {
        "labels": labels,
        "action": place.url(SECOND_FACTOR),
        "sign_out": place.url(SIGN_OUT),
        "enrolment": enrolment,
        "mistake": mistake,
    }
    frame = _frame(labels.ENROL_TITLE, SECOND_FACTOR, place)
    return render("second_factor", frame, place.language, content)


def recovery_page(place: SignInDestination, codes: Sequence[str]) -> str:
    """Return the page that shows recovery codes, once."""
    content = {"labels": labels, "codes": codes, "next": place.next}
    # No link to another language: reloading this page would not show the codes.
    frame = _frame(labels.RECOVERY_TITLE, ME, place)
    return render("recovery_codes", frame, place.language, content)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """
    The content of an account's page. ``person`` is ``None`` for the shared password of the pages;
    ``recovery_codes`` is the number of unused ones, ``None`` without a second factor.
    """

    person: Person | None
    sessions: Sequence[Session]
    session_id: str
    recovery_codes: int | None


def account_page(
    place: SignInDestination,
    account: Account,
    *,
    mistake: Text | None = None,
    note: Text | None = None,
) -> str:
    """Return the page of a person's own account."""
    language, person = place.language, account.person
    content = {
        "labels": labels,
        "person": person,
        "role": None if person is None else labels.ROLES[person.role],
        "sessions": [
            (
                browser_name(session.browser) or session.address,
                session.address,
                moment(session.created_ns / _NS_PER_S),
                moment(session.seen_ns / _NS_PER_S),
                session.id == account.session_id,
            )
            for session in account.sessions
        ],
        "recovery_codes": account.recovery_codes,
        "recovery_text": labels.SECOND_FACTOR_ON.read(language, count=account.recovery_codes or 0),
        "sign_out": place.url(SIGN_OUT),
        "me": ME,
        "second_factor_url": place.url(SECOND_FACTOR),
        "second_factor_remove": f"{SECOND_FACTOR}/remove?lang={language}",
        "shortest": SHORTEST,
        "longest": LONGEST,
        "mistake": mistake,
        "note": note,
    }
    return render("me", _frame(labels.ME_TITLE, ME, place, home=True), language, content)


def browser_name(agent: str) -> str:
    """Return the name of the browser with the user agent ``agent``, and its system."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return ", ".join(filter(None, (browser, system))) or agent[:60]


def wait_sentence(wait_s: float, language: Language) -> str:
    """Return the sentence about the required wait."""
    return labels.WAIT.read(language, seconds=max(1, round(wait_s + 0.5)))


def _frame(title: Text, path: str, place: SignInDestination, *, home: bool = False) -> Frame:
    return Frame(
        title=title.read(place.language),
        state=State.UNKNOWN,
        url_in=lambda other: place.url(path, other),
        home_url=f"/?lang={place.language}" if home else "",
    )
