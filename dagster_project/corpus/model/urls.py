"""Addresses in one spelling, so that the same page is the same record and is found again."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


def canonical_url(url: str) -> str:
    """Scheme and host in lower case, no default port, no fragment, a path of at least "/"; otherwise as given."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url
    if not parts.scheme or not parts.hostname or parts.username is not None:
        return url
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if port is not None and port != DEFAULT_PORTS.get(parts.scheme.lower()):
        host = f"{host}:{port}"
    return urlunsplit((parts.scheme.lower(), host, parts.path or "/", parts.query, ""))


def host_of(url: str | None) -> str | None:
    """The host name of an address, in lower case and without its port; None where there is none."""
    try:
        return urlsplit(url).hostname if url else None
    except ValueError:
        return None
