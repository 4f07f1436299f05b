"""How keys of services, tokens and private keys are written.

A key of a service is known by its prefix. Any other is found where a name such as `api_key` is given a value that no
person would think of. What is plainly a stand-in, AKIAIOSFODNN7EXAMPLE or a row of x, is none.
"""

from __future__ import annotations

from collections import Counter
from math import log2

import re2

from dagster_project.corpus.signals.patterns import Pattern
from dagster_project.corpus.signals.personal_data import when

LEAST_ENTROPY = 3.0  # bits per character of a key that has its service's form
LEAST_ENTROPY_OF_VALUES = 3.5  # of what a name is given; 3.0 where it is hexadecimal
LEAST_BODY = 48  # characters of Base64 in the shortest private key, that of Ed25519 in PKCS #8
_STAND_IN = re2.compile(r"(?i)example|your|changeme|placeholder|dummy|sample|insert|redacted|xxxx|0123456789|abcdefgh")
_HEXADECIMAL = re2.compile(r"[0-9a-fA-F]+")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
# Service and form, as its documentation or its own scanner for leaked keys has it
SERVICES = {
    "aws": r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
    "github": r"gh[pousr]_[A-Za-z0-9]{36,}\b",
    "github_pat": r"github_pat_[A-Za-z0-9_]{60,}\b",
    "gitlab": r"glpat-[A-Za-z0-9_-]{20,}",
    "slack": r"xox[abeoprs]-[0-9A-Za-z-]{20,}",
    "slack_webhook": r"hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}\b",
    "google": r"AIza[A-Za-z0-9_-]{35}",
    "google_oauth": r"(?:GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{30,})",
    "stripe": r"[sr]k_live_[A-Za-z0-9]{16,}\b",
    "openai": r"sk-(?:proj-|svcacct-|admin-|ant-)?[A-Za-z0-9_-]{32,}",
    "npm": r"npm_[A-Za-z0-9]{36}\b",
    "pypi": r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}",
    "sendgrid": r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    "huggingface": r"hf_[A-Za-z]{34}\b",
    "digitalocean": r"do[opr]_v1_[0-9a-f]{64}\b",
    "telegram": r"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}",
    "azure_storage": r"AccountKey=([A-Za-z0-9+/]{86}==)",
    "shopify": r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b",
    "databricks": r"dapi[0-9a-f]{32}\b",
    "jwt": r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{16,}",
}
ASSIGNED = (
    r"(?i:api_?-?key|access_?-?key|secret_?-?key|private_?-?key|client_?-?secret|app_?-?secret|access_?-?token|"
    r"auth_?-?token|bearer_?-?token|refresh_?-?token|secret|token|passw(?:or)?d|passwd|pwd)"
    r"[\"'\]]{0,2}[ \t]{0,4}(?:[:=]|=>|:=)[ \t]{0,4}(?:[\"']|\b)"
    r"([A-Za-z0-9][A-Za-z0-9_+/-]{15,255}={0,2})(?:[\"'\s,;)}\]<&\x00]|\z)"
)
KEY = r"(?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"


def entropy(value: bytes) -> float:
    """Bits per byte by the value's own frequencies (Shannon 1948)."""
    counts = Counter(value).values()
    return sum(count * (log2(len(value)) - log2(count)) for count in counts) / len(value) if value else 0.0


def is_key(value: bytes) -> bool:
    """Of a service's form, and no stand-in."""
    return entropy(value) >= LEAST_ENTROPY and not _STAND_IN.search(value)


def is_random(value: bytes) -> bool:
    """Letters and at least two digits in an order that no word has."""
    digits = sum(48 <= byte <= 57 for byte in value)
    least = LEAST_ENTROPY if _HEXADECIMAL.fullmatch(value) else LEAST_ENTROPY_OF_VALUES
    return 2 <= digits < len(value) and entropy(value) >= least and not _STAND_IN.search(value)


def has_body(value: bytes) -> bool:
    """More between the lines that frame it than a manual shows."""
    body = value.partition(b"KEY")[2].partition(b"-----END")[0]
    return len(body) - len(body.translate(None, _BASE64)) >= LEAST_BODY and entropy(body) >= LEAST_ENTROPY


SECRETS = (
    Pattern(
        "private_key",
        "private_key",
        rf"-----BEGIN {KEY}(?:[A-Za-z0-9+/=\s\\:,.()\"']|-[A-Za-z0-9])*-----END {KEY}",
        when(has_body),
        joints=None,
        maximal=True,
    ),
    Pattern(
        "private_key_cut_off",
        "private_key",
        rf"-----BEGIN {KEY}(?:(?:\s|\\n|\\r){{0,4}}[A-Za-z0-9+/=]{{20,}})+",
        when(has_body),
        joints=None,
        maximal=True,
    ),
    *(
        Pattern(service, "api_key", rf"\b{form}", when(is_random if "-]" in form else is_key), joints="", maximal=True)
        for service, form in SERVICES.items()  # a form with hyphens may be words
    ),
    Pattern("assigned", "api_key", ASSIGNED, when(is_random), joints=None),
)
