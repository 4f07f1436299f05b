"""Addresses in one spelling, so that the same page is the same record and is found again.

The spelling is that of the URL Standard (WHATWG), by the ada parser: scheme and host in lower case, hosts in Punycode
(UTS #46), numeric IPv4 in dots, no default port, no dot segments, percent-encoding added where the standard adds it
and otherwise left alone. On top of it, none of which tells one page from another: no fragment, no credentials, no
parameter of TRACKING or SESSIONS, no empty query. The order of parameters and a last slash have a meaning and stay.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from ada_url import normalize_url
from publicsuffixlist import PublicSuffixList

# Parameters that say how a visitor came and never which page it is, by who adds them. Names are compared in lower
# case and as spelled. Left alone because some sites mean something by them: ref, source, from, id, sid, cid, s.
TRACKING = frozenset(
    {
        *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id"),  # Google Analytics
        *("_ga", "_gl", "_gac"),  # Google Analytics, across domains
        *("gclid", "gclsrc", "dclid", "gbraid", "wbraid", "gad_source", "gad_campaignid", "srsltid"),  # Google Ads
        "fbclid",  # Meta
        *("igshid", "igsh"),  # Instagram
        "msclkid",  # Microsoft Advertising
        *("yclid", "ysclid", "_openstat"),  # Yandex
        *("twclid", "ref_src", "ref_url"),  # X
        "ttclid",  # TikTok
        "li_fat_id",  # LinkedIn
        "sccid",  # Snapchat
        "rdt_cid",  # Reddit
        *("mc_cid", "mc_eid"),  # Mailchimp
        *("_hsenc", "_hsmi", "__hssc", "__hstc", "__hsfp", "hsctatracking"),  # HubSpot
        "mkt_tok",  # Adobe Marketo
        *("oly_anon_id", "oly_enc_id"),  # Omeda Olytics
        *("vero_id", "vero_conv"),  # Vero
        "wickedid",  # Wicked Reports
        *("mtm_source", "mtm_medium", "mtm_campaign", "mtm_keyword", "mtm_content", "mtm_cid", "mtm_group"),  # Matomo
        *("pk_source", "pk_medium", "pk_campaign", "pk_kwd", "pk_keyword", "pk_content", "pk_cid"),  # Matomo, before
    }
)
TRACKING_FAMILIES = ("utm_",)  # every parameter that begins so
# Session identifiers that servers put into addresses: PHP, Java servlets, ASP. A page has a new one on every visit.
SESSIONS = frozenset({"phpsessid", "jsessionid"})
SESSION_FAMILIES = ("aspsessionid",)

WEB = ("http:", "https:", "ftp:")
_NAMES = (*sorted(map(re.escape, TRACKING | SESSIONS)), *TRACKING_FAMILIES, *SESSION_FAMILIES)
_NOISE = re.compile(f"[?&](?:{'|'.join(_NAMES)})", re.IGNORECASE)  # so that most addresses need not be taken apart
_SESSION_PATH = re.compile(r";jsessionid=[^/;?]*", re.IGNORECASE)
_CREDENTIALS = re.compile(r"([\0- ]*[a-z][a-z0-9+.-]*://)[^/?#]*@", re.IGNORECASE)


class Target(NamedTuple):
    """Where a request goes: `scheme://host[:port]`, and the path with its query."""

    origin: str
    path: str


def canonical_url(url: str) -> str:
    """The one spelling of an http, https or ftp address; anything else as given, but for credentials."""
    href = _standard(url)
    if href is None:
        bare = _CREDENTIALS.sub(r"\1", url, count=1)
        return url if bare == url else canonical_url(bare)
    if "?" in href and _NOISE.search(href):
        href = _without_tracking(href)
    if ";" in href and (stripped := _without_session(href)) != href:
        return canonical_url(stripped)
    return href[:-1] if href.find("?") == len(href) - 1 else href


def target(url: str) -> Target | None:
    """Site and path of a web address, parameters as they were sent; None for what is no web address."""
    href = _standard(url)
    if href is None:
        return None
    scheme, _, rest = href.partition("://")
    host, slash, path = rest.partition("/")
    return Target(f"{scheme}://{host}", slash + path)


def origin(url: str) -> str | None:
    """`scheme://host[:port]` of a web address, canonical; None for what is no web address."""
    found = target(url)
    return found.origin if found else None


def host_of(url: str | None) -> str | None:
    """The host name of an address, in lower case and Punycode, without port, brackets and root dot; None without one.

    An address may lack its scheme: `//host`.
    """
    if not url:
        return None
    found = target(f"http:{url}" if url.startswith("//") else url)
    try:
        host = urlsplit(found.origin if found else url).hostname
    except ValueError:
        return None
    return (host.removesuffix(".") or None) if host else None


@lru_cache(maxsize=1 << 16)
def domain_of(host: str) -> str:
    """The registered domain of a host as `host_of` gives it, by the public suffix list with its private section.

    As browsers do it, so that two customers of one hosting service are two: `a.github.io`, `b.co.uk`. An IP address,
    a bare name and a public suffix are their own domain; an unlisted last label counts as a suffix.
    """
    return host if _is_ip(host) else _suffixes().privatesuffix(host) or host


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _is_ip(host: str) -> bool:
    if ":" not in host and not host[-1:].isdigit():
        return False
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _standard(url: str) -> str | None:
    """A web address as the standard spells it, less fragment and credentials; None for what is none.

    In that spelling the first "#" begins the fragment, and "@" before the path ends the credentials.
    """
    try:
        href = normalize_url(url)
    except ValueError:
        return None
    if not href.startswith(WEB):
        return None
    href = href.partition("#")[0]
    if "@" not in href:
        return href
    scheme, _, rest = href.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"


def _without_tracking(href: str) -> str:
    page, _, query = href.partition("?")
    kept = "&".join(pair for pair in query.split("&") if not _is_noise(pair.partition("=")[0].lower()))
    return f"{page}?{kept}" if kept else page


def _is_noise(name: str) -> bool:
    return name in TRACKING or name in SESSIONS or name.startswith((*TRACKING_FAMILIES, *SESSION_FAMILIES))


def _without_session(href: str) -> str:
    page, mark, query = href.partition("?")
    site = page.index("/", page.index("//") + 2)  # a host may look like anything
    return page[:site] + _SESSION_PATH.sub("", page[site:]) + mark + query
