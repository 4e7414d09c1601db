"""
Finds secrets in tracked files: private keys, tokens, passwords.

Looks for secrets with a recognizable form (PEM, tokens with a known prefix), for passwords in URLs,
and for random-looking values beside the word ``password``, ``token`` or ``secret``. A line that
must look like one, for instance in a test, says why: ``no secret: …``, on the line itself or on the
line before. A finding is reported by place and kind; the secret is never printed.
"""

import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

# The brackets keep the patterns from matching themselves.
FORMS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE [K]EY(?: BLOCK)?-----",
    "a token of GitHub": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40})",
    "a token of GitLab": r"\bglpat-[A-Za-z0-9_-]{20}",
    "a token of Slack": r"\bxox[abeoprs]-[A-Za-z0-9-]{10}",
    "a key of AWS": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a key of Google": r"\bAIza[0-9A-Za-z_-]{35}",
    "a token of Telegram": r"\b\d{8,10}:AA[0-9A-Za-z_-]{33}\b",
    "a token of an agent": r"\btst_[A-Za-z0-9_-]{40}",
    "a token of NetBox": r"\bnbt_[A-Za-z0-9]{6,}\.[A-Za-z0-9]{30,}",
    "a token of a package registry": r"\b(?:npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50})",
    "a signed token (JWT)": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.",
    "a password in an address": r"://[^/\s:@{}<>\"']+:(?!password@|secret@)[^/\s@{}<>\"']{6,}@[\w.-]",
}
_FORMS = {kind: re.compile(form) for kind, form in FORMS.items()}

_BESIDE = re.compile(
    r"(?i)(?:passw(?:or)?d|passphrase|token|secret|api_?key|community)\w*[\"']?\s*[:=]+\s*"
    r"[\"']?(?P<value>[A-Za-z0-9+/=_.-]{16,})"
)
"""A value beside a word for secrets, in code, TOML, YAML, JSON or shell."""

_NAMES = re.compile(
    r"(?:^|/)(?:id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|\.pgpass|\.env|[^/]+\.(?:key|p12|pfx|jks|kdbx))$"
)
"""Names of files that contain only secrets."""

_BY_CHANCE_BITS = 3.2
"""
Entropy per character above which a value looks random (Shannon, over its own letters). 2026-11,
20,000 values each: of 32 hex digits 0.4 % have less, of 16 of base64 0.1 %, of 24 none; nothing
else in this repository has more.
"""

EXCUSE = "no secret:"


def found(name: str, body: bytes) -> Iterator[tuple[int, str]]:
    """Yield line (0: the file name itself) and kind of each secret in a file."""
    if _NAMES.search(name):
        yield 0, "a file that holds secrets"
    before = ""
    # Bytes of binary files too: a key inside an uncompressed archive is found.
    for number, line in enumerate(body.decode("utf-8", "replace").splitlines(), 1):
        if EXCUSE not in line and EXCUSE not in before:
            for kind, form in _FORMS.items():
                if form.search(line):
                    yield number, kind
            if any(_is_by_chance(match_beside["value"]) for match_beside in _BESIDE.finditer(line)):
                yield number, "a value that looks like a password or a token"
        before = line


def check(root: Path) -> int:
    """Search every file that git tracks; print the places of secrets; return 1 if there is one."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True)
    status = 0
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = root / name
        if not path.is_file():
            continue
        for number, kind in found(name, path.read_bytes()):
            place = f"{name}:{number}" if number else name
            print(f'{place}: {kind}; take it out and change it, or say "{EXCUSE} why" beside it')
            status = 1
    return status


def _is_by_chance(value: str) -> bool:
    """Return whether a value looks random: letters and digits mixed, with few repetitions."""
    kinds = (any(map(str.isdigit, value)), any(map(str.isalpha, value)))
    if not all(kinds) or re.search(r"[._-]", value.strip(".=-_")) is not None:
        # Names, paths, versions and calls are words joined by punctuation.
        return False
    counts = Counter(value)
    bits = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    return bits > _BY_CHANCE_BITS


if __name__ == "__main__":
    sys.exit(check(Path(__file__).resolve().parent.parent))
