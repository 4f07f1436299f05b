"""Keys: every service's form is found; stand-ins, words and numbers are not. All keys here are made up in pieces."""

from __future__ import annotations

import base64
import hashlib

import pytest

from dagster_project.corpus.signals.secrets import SECRETS, entropy
from tests.corpus.signals.documents import found_in


def random(length, alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"):
    """Always the same, of any length."""
    stream = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(1 + length // 32))
    return "".join(alphabet[byte % len(alphabet)] for byte in stream[:length])


UPPER, HEX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdef"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
KEYS = {
    "aws": "AK" + "IA" + random(16, UPPER),
    "github": "gh" + "p_" + random(36),
    "github_pat": "github" + "_pat_" + random(22) + "_" + random(59),
    "gitlab": "glp" + "at-" + random(20),
    "slack": "xo" + "xb-123456789012-" + random(24),
    "slack_webhook": "hooks.slack" + ".com/services/T0AB12CD3/B0AB12CD3/" + random(24),
    "google": "AI" + "za" + random(35),
    "google_oauth": "GOC" + "SPX-" + random(28),
    "stripe": "sk_" + "live_" + random(24),
    "openai": "s" + "k-proj-" + random(48),
    "npm": "np" + "m_" + random(36),
    "pypi": "py" + "pi-AgEIcHlwaS5vcmc" + random(60),
    "sendgrid": "S" + "G." + random(22) + "." + random(43),
    "huggingface": "h" + "f_" + random(34, LETTERS),
    "digitalocean": "do" + "p_v1_" + random(64, HEX),
    "telegram": "1234567890:A" + "A" + random(33),
    "shopify": "shp" + "at_" + random(32, HEX),
    "databricks": "da" + "pi" + random(32, HEX),
    "jwt": "ey" + "Jhbgciojiuzi1ni." + "ey" + "Jzdwiioiixmjm0." + random(43),
}


def pem(body, label="RSA PRIVATE KEY", end=True, newline="\n"):
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    last = [f"-----END {label}-----"] if end else []
    return newline.join([f"-----BEGIN {label}-----", *lines, *last])


BODY = base64.b64encode(b"".join(hashlib.sha256(bytes([n])).digest() for n in range(20))).decode()


@pytest.mark.parametrize(("name", "key"), KEYS.items())
def test_services(name, key):
    assert found_in(f"use {key} here") == [(name, key)]
    assert found_in(f"x{key}") == [] or name in ("slack_webhook",)
    assert found_in(key[: len(key) // 2]) == []


def test_azure():
    value = random(86) + "=="
    assert found_in(f"AccountName=x;AccountKey={value};Endpoint") == [("azure_storage", value)]


def test_every_pattern_has_an_example():
    others = {"azure_storage", "assigned", "private_key", "private_key_cut_off"}
    assert {pattern.name for pattern in SECRETS} == KEYS.keys() | others


@pytest.mark.parametrize(
    "text",
    [
        *[
            "AKIAIOSFODNN7EXAMPLE",
            "AKIA" + "X" * 16,
            "AI" + "za" + "x" * 35,
            "gh" + "p_" + "0" * 36,
            "task-" + "a1b2" * 12,
        ],
        "sk-folding-cube-animation-delay-wrapper-element",
    ],
)
def test_stand_ins(text):
    assert found_in(text) == []


@pytest.mark.parametrize(
    "before",
    ["api_key = '", 'apiKey: "', "API-KEY=", '{"client_secret": "', "password => '", "export AUTH_TOKEN=", "token:="],
)
def test_assigned(before):
    value = random(32)
    assert found_in(f"{before}{value}'") == [("assigned", value)]


@pytest.mark.parametrize(
    "value",
    [
        *["your_api_key_goes_here_1234", "self.session.token1234567", "xxxxxxxxxxxxxxxx1234", "0123456789abcdef0123"],
        *[
            "get_token_from_environment",
            "12345678901234567890",
            "aaaaaaaaaaaaaaaaaaaa11",
            "short1",
            "$MY_SECRET_TOKEN_1",
        ],
        *["os.environ['TOKEN_12345']", "config(token_number_12)"],
    ],
)
def test_not_assigned(value):
    assert found_in(f"token = {value}") == []


@pytest.mark.parametrize(
    "key",
    [
        pem(BODY),
        pem(BODY, "PRIVATE KEY", newline="\\n"),
        pem(BODY, "OPENSSH PRIVATE KEY", newline="\r\n"),
        pem("Version: GnuPG v2.0.22 (GNU/Linux)\n\n" + BODY, "PGP PRIVATE KEY BLOCK"),
        pem("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,1F\n\n" + BODY),
    ],
)
def test_private_key(key):
    assert found_in(f"Here:\n{key}\nbye") == [("private_key", key)]


def test_a_private_key_that_is_cut_off():
    key = pem(BODY, end=False)
    assert found_in(f"{key}\n\nAnd prose follows.") == [("private_key_cut_off", key)]


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        pem("A" * 640),
        pem(BODY, "PUBLIC KEY"),
        pem(BODY, "CERTIFICATE"),
    ],
)
def test_no_private_key(text):
    assert found_in(text) == []


def test_entropy():
    assert entropy(b"") == entropy(b"aaaa") == 0
    assert entropy(b"abab") == 1
    assert entropy(bytes(range(256))) == 8
