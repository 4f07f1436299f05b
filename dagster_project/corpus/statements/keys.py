"""Keys of ed25519 (RFC 8032), as PEM files of who signs; secrets are never in the store, nor in a record."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.statements.statements import Signature

PUBLIC = ".pub"
LARGEST_BYTES = 64 << 10


def new_key(path: Path) -> Path:
    """Write a new secret key, for its owner's eyes alone, and the public one beside it, whose path is returned. What
    lies there already is never overwritten."""
    secret = Ed25519PrivateKey.generate()
    public = path.with_name(path.name + PUBLIC)
    _create(path, secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    _create(public, secret.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
    return public


def signature(path: Path, message: bytes) -> Signature:
    """The signature of a message by the secret key at a path."""
    secret = _secret(path)
    public = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return Signature(public.hex(), secret.sign(message).hex())


def public_key(path: Path) -> str:
    """The public key at a path, as 64 hexadecimal digits; of a secret key its public half."""
    body = _read(path)
    try:
        found = load_pem_public_key(body) if b"PUBLIC KEY" in body else _secret(path).public_key()
    except ValueError:
        found = None
    if not isinstance(found, Ed25519PublicKey):
        raise Refused(f"{path} holds no ed25519 key: give the file that `florilegium keys new` wrote")
    return found.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def is_signed(message: bytes, found: Signature, by: str = "") -> bool:
    """Whether a signature is one of the message, by the key that it names, which must be `by` where that is given."""
    if found.algorithm != "ed25519" or (by and found.key != by):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(found.key)).verify(bytes.fromhex(found.value), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _secret(path: Path) -> Ed25519PrivateKey:
    try:
        found = load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError):
        found = None
    if not isinstance(found, Ed25519PrivateKey):
        raise Refused(f"{path} holds no ed25519 secret key without a password: make one with `florilegium keys new`")
    return found


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES)
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise Refused(f"the key {path} cannot be read ({said}): make one with `florilegium keys new PATH`") from None


def _create(path: Path, body: bytes, mode: int) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(body)
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise Refused(f"{path} cannot be written ({said}): name another place, for keys are not overwritten") from None
