"""The requests to a worker about keys, and its answers."""

import msgspec

from thongsuot_schema.localizable import Localizable

OTHER_KEY = Localizable("the certificate is for another key")


class KeyRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    Without ``key`` a new key and a certificate request for it are wanted; with it, whether
    ``certificate`` (PEM) is one for that key.
    """

    key: str = ""
    certificate: str = ""


class KeyReply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    ``key`` (PKCS #8) and ``request`` (PKCS #10), both PEM; or ``problem``, empty where certificate
    and key belong together.
    """

    key: str = ""
    request: str = ""
    problem: str = ""
