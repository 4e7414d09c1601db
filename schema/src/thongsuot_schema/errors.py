"""
The exceptions of this distribution.

    SchemaError
    ├── DocumentError    a TOML document is wrong (file, line, nearest key)
    ├── SiteConfigMalformed    the content is not a site configuration
    └── BatchError       a pushed body is not a batch
        ├── BatchTooLarge
        ├── BatchMalformed
        ├── BatchVersionUnknown
        └── LayoutUnknown
"""


class SchemaError(Exception):
    """Anything wrong with data that came from outside."""


class DocumentError(SchemaError):
    """
    A TOML document is wrong.

    ``file`` and ``line`` (1-based; 0 when the place cannot be named) say where; the text of the
    exception reads ``file:line: what is wrong; what to do``.
    """

    def __init__(self, file: str, line: int, message: str) -> None:
        self.file = file
        self.line = line
        self.message = message
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}")


class SiteConfigMalformed(SchemaError):
    """
    The content is not a valid site configuration; the text says why. The receiver refuses it as a
    whole.
    """


class BatchError(SchemaError):
    """A pushed body cannot be taken as a batch; nothing of it is kept."""


class BatchTooLarge(BatchError):
    """The body, its unpacked content, or a count in it is over the limit. Answer 413."""


class BatchMalformed(BatchError):
    """The body does not follow the format. Answer 400."""


class BatchVersionUnknown(BatchError):
    """The body is of a version that is not read here. Answer 415."""


class LayoutUnknown(BatchError):
    """
    The batch names a layout that was never given. Answer 409: the sender gives it and repeats.
    """

    def __init__(self, layout_id: bytes) -> None:
        self.layout_id = layout_id
        super().__init__(f"layout {layout_id.hex()} is not known here; send it first, then repeat")
