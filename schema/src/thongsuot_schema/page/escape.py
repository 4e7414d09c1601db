"""Escapes text for HTML."""


def escape(text: str) -> str:
    """
    Return text that is safe as content and inside a quoted attribute.

    Control characters that HTML does not allow are replaced: names come from files and from
    devices.
    """
    cleaned = "".join(char if char >= " " and char != "\x7f" else " " for char in text)
    return (
        cleaned.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("'", "&#39;")
    )


def telephone_url(number: str) -> str:
    """Return the ``tel:`` URL of a number in people's notation; empty if it has no digit."""
    digits = "".join(char for char in number if char in "0123456789+")
    return f"tel:{digits}" if any(char != "+" for char in digits) else ""
