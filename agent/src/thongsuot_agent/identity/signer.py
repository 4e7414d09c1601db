"""
Signs batches with the key of the device's certificate, by the libcrypto that Python's own hashes
come from: it is in the process already, and ``cryptography`` would weigh 15 MiB.

Source: EVP_DigestSign(3), PEM_read_bio_PrivateKey(3), i2d_PUBKEY(3) of OpenSSL 3.
"""

import ctypes
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_void_p, create_string_buffer
from functools import cache
from importlib.machinery import PathFinder

from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.signature import KEY_BYTES, BatchSignature, signed_bytes

_log = logging.getLogger(__name__)


class SigningFailed(Exception):
    """The key cannot sign; the text says why."""


class BatchSigner:
    """
    Signs with the device's current key; ``pem`` returns it (empty: none).

    The key is read once; a renewed one takes its place with the next batch.
    """

    def __init__(self, pem: Callable[[], bytes]) -> None:
        self._pem = pem
        self._loaded_pem = b""
        self._key: _PrivateKey | None = None
        self.problem = ""
        """Why batches are not signed although there is a key; empty when they are."""

    def __call__(self, body: bytes) -> str:
        """Return the header that vouches for a batch, empty where the device has no key."""
        pem = self._pem()
        if pem != self._loaded_pem:
            self._load(pem)
        if self._key is None:
            return ""
        try:
            value = self._key.sign(signed_bytes(body))
        except SigningFailed as error:
            self._fail(error)
            return ""
        return BatchSignature(key=self._key.digest[:KEY_BYTES], value=value).header()

    def _load(self, pem: bytes) -> None:
        self._loaded_pem = pem
        self.problem, self._key = "", None
        if not pem:
            return
        try:
            self._key = _PrivateKey(pem)
        except SigningFailed as error:
            self._fail(error)

    def _fail(self, error: SigningFailed) -> None:
        if str(error) != self.problem:
            _log.error("cannot sign batches: %s; pushes them unsigned", error)
        self.problem = str(error)


class _PrivateKey:
    """A private key in libcrypto; ``digest`` is of its public key as DER."""

    def __init__(self, pem: bytes) -> None:
        self._library = library = _libcrypto()
        memory = library.BIO_new_mem_buf(pem, len(pem))
        # An empty password: without one OpenSSL would ask at the terminal for that of a key.
        self._handle = library.PEM_read_bio_PrivateKey(memory, None, None, b"")
        library.BIO_free(memory)
        if not self._handle:
            raise SigningFailed(f"the key cannot be read ({_last_error(library)})")
        self.digest = digest_of(self._public_der())

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self._library.EVP_PKEY_free(self._handle)

    def sign(self, data: bytes) -> bytes:
        """
        Return the signature over some bytes, with SHA-256.

        Raises:
            SigningFailed: the key is of a kind that does not sign so.
        """
        library = self._library
        with self._context() as context:
            size = c_size_t(0)
            if library.EVP_DigestSign(context, None, byref(size), data, len(data)) != 1:
                raise SigningFailed(_last_error(library))
            signature = create_string_buffer(size.value)
            if library.EVP_DigestSign(context, signature, byref(size), data, len(data)) != 1:
                raise SigningFailed(_last_error(library))
        return signature.raw[: size.value]

    @contextmanager
    def _context(self) -> Iterator[c_void_p]:
        library = self._library
        context = c_void_p(library.EVP_MD_CTX_new())
        try:
            algorithm = library.EVP_sha256()
            if library.EVP_DigestSignInit(context, None, algorithm, None, self._handle) != 1:
                raise SigningFailed(_last_error(library))
            yield context
        finally:
            library.EVP_MD_CTX_free(context)

    def _public_der(self) -> bytes:
        size = self._library.i2d_PUBKEY(self._handle, None)
        if size <= 0:
            raise SigningFailed("its public key cannot be read")
        buffer = create_string_buffer(size)
        self._library.i2d_PUBKEY(self._handle, byref(ctypes.cast(buffer, c_void_p)))
        return buffer.raw


_SIGNATURES: dict[str, tuple[object, tuple[object, ...]]] = {
    "BIO_new_mem_buf": (c_void_p, (c_char_p, c_int)),
    "BIO_free": (c_int, (c_void_p,)),
    "PEM_read_bio_PrivateKey": (c_void_p, (c_void_p, c_void_p, c_void_p, c_char_p)),
    "EVP_PKEY_free": (None, (c_void_p,)),
    "i2d_PUBKEY": (c_int, (c_void_p, c_void_p)),
    "EVP_sha256": (c_void_p, ()),
    "EVP_MD_CTX_new": (c_void_p, ()),
    "EVP_MD_CTX_free": (None, (c_void_p,)),
    "EVP_DigestSignInit": (c_int, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "EVP_DigestSign": (c_int, (c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t)),
    "ERR_get_error": (ctypes.c_ulong, ()),
    "ERR_error_string_n": (None, (ctypes.c_ulong, c_char_p, c_size_t)),
}
"""The functions of libcrypto in use: results and arguments."""


@cache
def _libcrypto() -> ctypes.CDLL:
    """
    Return the libcrypto that this Python is linked with.

    Raises:
        SigningFailed: it has none, or an older one.
    """
    try:
        # Symbols are looked for in what a library was linked with, too. Found and not imported: the
        # agent has its import blocked (``memory``).
        module = PathFinder.find_spec("_hashlib")
        library = ctypes.CDLL(None if module is None else module.origin)
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise SigningFailed(f"Python's own libcrypto cannot be used: {error}") from error
    return library


def _last_error(library: ctypes.CDLL) -> str:
    text = create_string_buffer(256)
    library.ERR_error_string_n(library.ERR_get_error(), text, len(text))
    return text.value.decode("ascii", "replace")
