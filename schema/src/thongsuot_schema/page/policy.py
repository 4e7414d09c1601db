"""Content security policy of the page: nothing runs or styles but what this package wrote."""

from base64 import b64encode
from hashlib import sha256
from typing import Final

from thongsuot_schema.page.script import SCRIPT
from thongsuot_schema.page.style import STYLE


def _source(text: str) -> str:
    """Return the source expression of an inline text (Content Security Policy Level 3, 6.7.2.4)."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        f"script-src {_source(SCRIPT)}",
        f"style-src 'self' {_source(STYLE)}",
        "connect-src 'self'",
        "font-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""The value of the header ``Content-Security-Policy`` that the page is to be sent with."""
