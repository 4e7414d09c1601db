"""The only place that maps errors of the operating system to reasons."""

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
    """Return the reason of an error on this device: opening, binding, sending."""
    return _OWN.get(error.errno or 0, Reason.UNMEASURED_OTHERWISE)


def reason_for_foreign(error: OSError) -> Reason:
    """
    Return the reason of an error on a socket that has already sent.

    On such a socket ENETUNREACH, EHOSTUNREACH and EACCES come from ICMP errors (icmp_err_convert,
    net/ipv4/icmp.c); a missing route of our own would have failed before sending.
    """
    return _FOREIGN.get(error.errno or 0) or reason_for_own(error)


def described(error: OSError) -> str:
    """Return the error as short text without addresses or paths: its name and its meaning."""
    name = errno.errorcode.get(error.errno or 0, "OSError")
    return f"{name}: {error.strerror}" if error.strerror else name


# libcurl's codes (curl/curl.h); by number, so that this module needs no libcurl.
_CURL = {
    1: Reason.RESPONSE_INVALID,  # CURLE_UNSUPPORTED_PROTOCOL: no status line, so HTTP/0.9
    7: Reason.HOST_UNREACHABLE,  # CURLE_COULDNT_CONNECT, without a system error
    8: Reason.RESPONSE_INVALID,  # CURLE_WEIRD_SERVER_REPLY
    18: Reason.RESPONSE_TRUNCATED,  # CURLE_PARTIAL_FILE
    27: Reason.RESOURCE_EXHAUSTED,  # CURLE_OUT_OF_MEMORY
    28: Reason.TIMED_OUT,  # CURLE_OPERATION_TIMEDOUT
    35: Reason.TLS_HANDSHAKE_FAILED,  # CURLE_SSL_CONNECT_ERROR
    52: Reason.RESPONSE_INVALID,  # CURLE_GOT_NOTHING
    55: Reason.CONNECTION_RESET,  # CURLE_SEND_ERROR
    56: Reason.CONNECTION_RESET,  # CURLE_RECV_ERROR
    60: Reason.CERTIFICATE_UNTRUSTED,  # CURLE_PEER_FAILED_VERIFICATION
    61: Reason.RESPONSE_INVALID,  # CURLE_BAD_CONTENT_ENCODING
    77: Reason.UNMEASURED_OTHERWISE,  # CURLE_SSL_CACERT_BADFILE: our own file
    91: Reason.CERTIFICATE_UNTRUSTED,  # CURLE_SSL_INVALIDCERTSTATUS
}

# Results of OpenSSL's verification (openssl/x509_vfy.h) that have a reason of their own.
_VERIFICATION = {
    # The chain is valid or was not checked yet: libcurl refused the name.
    0: Reason.CERTIFICATE_NAME_MISMATCH,
    1: Reason.CERTIFICATE_NAME_MISMATCH,
    9: Reason.CERTIFICATE_NOT_YET_VALID,
    10: Reason.CERTIFICATE_EXPIRED,
    17: Reason.RESOURCE_EXHAUSTED,  # X509_V_ERR_OUT_OF_MEM
    62: Reason.CERTIFICATE_NAME_MISMATCH,
    64: Reason.CERTIFICATE_NAME_MISMATCH,  # of an address in the URL
    70: Reason.UNMEASURED_OTHERWISE,  # X509_V_ERR_STORE_LOOKUP: our own files
}


def reason_for_curl(code: int, system_errno: int) -> Reason:
    """Return the reason of a failed transfer, by the system's error if there was one."""
    if code in {7, 55, 56} and system_errno:
        return reason_for_foreign(OSError(system_errno, ""))
    return _CURL.get(code, Reason.FAILED_OTHERWISE)


def reason_for_verification(result: int) -> Reason:
    """Return why a certificate was refused; ``result`` is OpenSSL's."""
    return _VERIFICATION.get(result, Reason.CERTIFICATE_UNTRUSTED)
