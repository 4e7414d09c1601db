"""Noise: what firmwares, bad ports and half-written answers put in the place of a value."""

TEXTS = (
    *(
        "",
        "\0\0",
        "-",
        "--",
        "N/A",
        "garbage",
        "nan",
        "inf",
        "1e5",
        "2x3931zz",
        "٣",
        "²",
        "é\ufffd",
    ),
    *("-32768", "65535", "32767", "-9999", "2147483647", "4294967295"),
    *("9" * 24, "9" * 5000),
)
"""No value among them: marks for nothing, ends of the ranges of integers, and rubbish."""

SHAPES: tuple[object, ...] = (None, True, False, [], {}, [1], {"a": 1}, 1e308, -32768, 2**70)
"""What may stand in a document of JSON where a text or a number belongs."""
