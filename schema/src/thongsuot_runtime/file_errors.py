"""Message for a person about a file that cannot be used."""

import errno
from collections.abc import Mapping

from thongsuot_schema.localizable import Localizable

_SYSTEM: Mapping[int, Localizable] = {
    errno.ENOENT: Localizable("no such file or directory"),
    errno.EACCES: Localizable("permission denied"),
    errno.EPERM: Localizable("operation not permitted"),
    errno.EISDIR: Localizable("is a directory"),
    errno.ENOTDIR: Localizable("not a directory"),
    errno.ENOSPC: Localizable("no space left on device"),
    errno.EROFS: Localizable("read-only file system"),
    errno.EADDRINUSE: Localizable("address already in use"),
}
"""What the system says most, so that it can be read in other languages."""


def describe(error: Exception) -> str:
    """
    Return the error without number and path, because the surrounding sentence names the file.

    >>> describe(FileNotFoundError(2, "No such file or directory", "key"))
    'no such file or directory'
    """
    if isinstance(error, OSError) and error.strerror:
        said = error.strerror[:1].lower() + error.strerror[1:]
        known = _SYSTEM.get(error.errno or 0)
        return known if known is not None and known == said else said
    return str(error)


def describe_with_file(error: Exception) -> str:
    """
    Return the same with the file in front, for a surrounding sentence that does not name it.

    >>> describe_with_file(FileNotFoundError(2, "No such file or directory", "key"))
    'key: no such file or directory'
    """
    file = error.filename if isinstance(error, OSError) else None
    if file is None:
        return describe(error)
    return Localizable("{file}: {why}", file=file, why=describe(error))
