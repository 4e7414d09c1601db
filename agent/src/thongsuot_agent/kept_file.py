"""Files that a restart takes up again: each is replaced as a whole."""

from pathlib import Path


def replace_file(path: Path, body: bytes) -> None:
    """
    Write a file, whole or not at all; its folder is made where it is missing.

    What a power cut leaves is the file before or this one: nothing is flushed, and none of these is
    the record.

    Raises:
        OSError: the disk takes no files.
    """
    half = path.with_name(f"{path.name}.tmp")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half.write_bytes(body)
    half.rename(path)
