"""The one place where errors of the operating system become reasons."""

import errno

from thongsuot_schema.reason import Reason

_OWN = {
    errno.ENETDOWN: Reason.INTERFACE_DOWN,
    errno.ENODEV: Reason.INTERFACE_ABSENT,
    errno.ENXIO: Reason.INTERFACE_ABSENT,
    errno.EADDRNOTAVAIL: Reason.NO_ADDRESS,
    errno.ENETUNREACH: Reason.NO_ROUTE,
    errno.EHOSTUNREACH: Reason.NO_ROUTE,
    errno.EPERM: Reason.PERMISSION_DENIED,
    errno.EACCES: Reason.PERMISSION_DENIED,
    errno.ENOBUFS: Reason.RESOURCE_EXHAUSTED,
    errno.ENOMEM: Reason.RESOURCE_EXHAUSTED,
    errno.EMFILE: Reason.RESOURCE_EXHAUSTED,
    errno.ENFILE: Reason.RESOURCE_EXHAUSTED,
    errno.EAGAIN: Reason.RESOURCE_EXHAUSTED,
    errno.EAFNOSUPPORT: Reason.NOT_SUPPORTED,
    errno.EPROTONOSUPPORT: Reason.NOT_SUPPORTED,
}

_FOREIGN = {
    errno.ECONNREFUSED: Reason.CONNECTION_REFUSED,
    errno.ECONNRESET: Reason.CONNECTION_RESET,
    errno.ECONNABORTED: Reason.CONNECTION_RESET,
    errno.EPIPE: Reason.CONNECTION_RESET,
    errno.ETIMEDOUT: Reason.TIMED_OUT,
    errno.EHOSTUNREACH: Reason.HOST_UNREACHABLE,
    errno.EHOSTDOWN: Reason.HOST_UNREACHABLE,
    errno.ENETUNREACH: Reason.NETWORK_UNREACHABLE,
    errno.EACCES: Reason.PACKET_FILTERED,
    errno.EPROTO: Reason.FAILED_OTHERWISE,
    errno.ENOPROTOOPT: Reason.FAILED_OTHERWISE,
}


def reason_for_own(error: OSError) -> Reason:
    """Return the reason of an error that this device made itself: opening, binding, sending."""
    return _OWN.get(error.errno or 0, Reason.UNMEASURED_OTHERWISE)


def reason_for_foreign(error: OSError) -> Reason:
    """
    Return the reason of an error on a socket that already sent something.

    There ENETUNREACH, EHOSTUNREACH and EACCES are what an ICMP error from the network became
    (icmp_err_convert, net/ipv4/icmp.c); a missing route of our own was found before anything was
    sent.
    """
    return _FOREIGN.get(error.errno or 0) or reason_for_own(error)


def described(error: OSError) -> str:
    """Return the error as short text without addresses or paths: its name and its meaning."""
    name = errno.errorcode.get(error.errno or 0, "OSError")
    return f"{name}: {error.strerror}" if error.strerror else name
