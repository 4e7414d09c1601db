"""
Texts of people and of other systems, without characters that control what shows them.

Those turn the direction of writing, move a cursor, or end a line where a reader's program sees an
end (Unicode, UAX #14: also U+0085 and U+2028); half of a surrogate pair cannot even be stored.
"""


def printable_line(text: str) -> str:
    """Return a text on one line; what is not printable is a space, and several are one."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def printable_lines(text: str) -> str:
    """Return a text with its lines, each as by ``printable_line``; they end in a line feed."""
    return "\n".join(map(printable_line, text.splitlines())).strip("\n")
