"""
CPU cost of a signed batch at both ends: the device's signature, and the collector's verification.

    python bench/signatures.py [--bytes N] [--rounds N]

A batch of the default profile is 600 bytes to 12 KB. The hash over the bytes is the smaller part;
the larger one is a multiplication on the curve P-256 to sign, and two to verify.
"""

import argparse
import os
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from tools.bench_gate import print_ratio

from thongsuot_agent.identity.signer import BatchSigner
from thongsuot_collector.pki.batch_signatures import is_signed_by, load_signing_key
from thongsuot_schema.batch.signature import BatchSignature, parse_header

_PASSES = 5


def cpu_us(work: Callable[[], object], rounds: int) -> float:
    """Return the CPU time of one call in microseconds, the best of five passes."""
    best_s = float("inf")
    for _ in range(_PASSES):
        started_s = time.process_time()
        for _ in range(rounds):
            work()
        best_s = min(best_s, time.process_time() - started_s)
    return best_s / rounds * 1e6


def main() -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=1500, help="size of a batch")
    parser.add_argument("--rounds", type=int, default=2000)
    options = parser.parse_args()
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    signer, body = BatchSigner(lambda: pem), os.urandom(options.bytes)
    header = signer(body)
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    public = load_signing_key(der)
    assert public is not None

    def verify() -> BatchSignature:
        signature = parse_header(header)
        assert signature is not None
        assert is_signed_by(public, signature.value, body)
        return signature

    kept = len(verify().pack())
    sign_us = cpu_us(lambda: signer(body), options.rounds)
    verify_us = cpu_us(verify, options.rounds)
    print(f"sign    {sign_us:6.1f} µs a batch (the device)")
    print(f"verify  {verify_us:6.1f} µs a batch (the collector)")
    print_ratio("signatures.verify_of_sign", verify_us / sign_us)
    print(f"header  {len(header) + 23:6d} bytes a push; {kept} in the journal")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
