"""Digests are halves of SHA-256, and cost no OpenSSL."""

import hashlib
import subprocess
import sys

from tests.unmeasured import unmeasured
from thongsuot_schema.batch.digest import digest_of


def test_a_digest_is_half_of_a_sha256() -> None:
    assert digest_of(b"abc") == hashlib.sha256(b"abc").digest()[:16]


def test_the_way_to_bytes_loads_no_openssl_and_no_decoder_of_documents() -> None:
    program = (
        "import sys; import thongsuot_schema.batch.encode; "
        "print(*(name for name in ('hashlib', '_hashlib', 'ssl', 'asyncio', 'tomllib', 'csv')"
        " if name in sys.modules))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env=unmeasured(),
    )
    assert loaded.stdout.split() == []
