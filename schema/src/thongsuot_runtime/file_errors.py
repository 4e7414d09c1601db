"""Message for a person about a file that cannot be used."""


def describe(error: Exception) -> str:
    """
    Return the error without number and path, because the surrounding sentence names the file.

    >>> describe(FileNotFoundError(2, "No such file or directory", "key"))
    'no such file or directory'
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[:1].lower() + error.strerror[1:]
    return str(error)


def describe_with_file(error: Exception) -> str:
    """
    Return the same with the file in front, for a surrounding sentence that does not name it.

    >>> describe_with_file(FileNotFoundError(2, "No such file or directory", "key"))
    'key: no such file or directory'
    """
    file = error.filename if isinstance(error, OSError) else None
    return describe(error) if file is None else f"{file}: {describe(error)}"
