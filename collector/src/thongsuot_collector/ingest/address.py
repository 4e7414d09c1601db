"""Addresses to listen on, as the configuration writes them."""


def host_and_port(address: str) -> tuple[str, int]:
    """
    Return the parts of ``host:port``.

    Raises:
        ValueError: it is not of that form.
    """
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"address {address!r} is not host:port")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise ValueError(f"address {address!r}: an IPv6 address stands in brackets")
    return host.strip("[]"), int(port)
