"""Creative Commons licenses as people write them: addresses and names, element by element, version and port kept."""

from __future__ import annotations

from urllib.parse import urlsplit

from dagster_project.corpus.licenses.expressions import parse
from dagster_project.corpus.model.errors import Refused

VERSIONS = ("1.0", "2.0", "2.1", "2.5", "3.0", "4.0")
HOSTS = ("creativecommons.org", "www.creativecommons.org")
PUBLIC_DOMAIN = {"zero/1.0": "CC0-1.0", "mark/1.0": "CC-PDM-1.0"}

_PAGES = ("deed", "legalcode", "rdf")  # what follows the version without being a port, also as deed.en
_ELEMENTS = {
    ("attribution",): "by",
    ("by",): "by",
    ("nc",): "nc",
    ("noncommercial",): "nc",
    ("non", "commercial"): "nc",
    ("nd",): "nd",
    ("noderivs",): "nd",
    ("noderivatives",): "nd",
    ("no", "derivatives"): "nd",
    ("no", "derivs"): "nd",
    ("sa",): "sa",
    ("sharealike",): "sa",
    ("share", "alike"): "sa",
}
_FILLING = frozenset({"license", "public", "international", "unported", "generic"})


def by_address(address: str) -> str | None:
    """The license at a Creative Commons address; None where it is not one, or carries no version."""
    try:
        parts = urlsplit(address.strip().lower())
    except ValueError:  # brackets that are not an IPv6 address
        return None
    steps = [step for step in parts.path.split("/") if step]
    if parts.netloc not in HOSTS or len(steps) < 2:
        return None
    if steps[0] == "publicdomain":
        return PUBLIC_DOMAIN.get("/".join(steps[1:3]))
    if steps[:2] == ["licenses", "publicdomain"]:
        return "CC-PDDC"
    return _of_steps(*steps[1:4]) if steps[0] == "licenses" and len(steps) > 2 else None


def by_name(name: str) -> tuple[str, ...]:
    """The licenses a name may mean, such as "CC BY-SA 4.0": one where it states the version, else one per version."""
    before, _, within = name.strip().partition("(")
    if within.endswith(")"):  # the long name with the short one after it: both must say the same
        said = _plain(before)
        return said if said == _plain(within[:-1]) else ()
    return _plain(name)


def _plain(name: str) -> tuple[str, ...]:
    words = name.lower().replace("-", " ").replace("licence", "license").split()
    if words[:1] == ["cc"]:
        words = words[1:]
    elif words[:2] == ["creative", "commons"]:
        words = words[2:]
    else:
        return ()
    return _of_words([word for word in words if word not in _FILLING])


def _of_steps(elements: str, version: str, port: str = "") -> str | None:
    if port.partition(".")[0] in _PAGES:
        port = ""
    if version not in VERSIONS or not (port == "" or (port.isascii() and port.isalpha())):
        return None
    return _identifier(elements.split("-"), version, port)


def _of_words(words: list[str]) -> tuple[str, ...]:
    words, port = (words[:-1], words[-1]) if _ends_in_port(words) else (words, "")
    stated = _version(words[-1]) if words else None
    elements = _elements(words[:-1] if stated else words)
    versions = (stated,) if stated else VERSIONS
    return tuple(found for version in versions if elements and (found := _identifier(elements, version, port)))


def _ends_in_port(words: list[str]) -> bool:
    return len(words) > 1 and _version(words[-2]) is not None and (len(words[-1]) == 2 or words[-1] == "igo")


def _version(word: str) -> str | None:
    bare = word.removeprefix("v")
    return bare if bare in VERSIONS else None


def _elements(words: list[str]) -> list[str]:
    """The elements that words spell, or none where one word is left over."""
    elements: list[str] = []
    while words:
        length = next((length for length in (1, 2) if tuple(words[:length]) in _ELEMENTS), 0)
        if not length:
            return []
        elements.append(_ELEMENTS[tuple(words[:length])])
        words = words[length:]
    return elements


def _identifier(elements: list[str], version: str, port: str) -> str | None:
    """The SPDX identifier; of a port without one, our own; of what never existed, None."""
    if len(set(elements)) < len(elements) or not set(elements) <= {"by", "nc", "nd", "sa"}:
        return None
    ordered = sorted(elements, key=["by", "nc", "nd", "sa"].index)
    identifier = "-".join(["CC", *ordered, version, *([port] if port else [])]).upper()
    try:
        return parse(identifier)
    except Refused:
        existed = ordered[:1] == ["by"] and not {"nd", "sa"} <= set(ordered) and version != "4.0"  # 4.0 has no ports
        return f"LicenseRef-{identifier}" if port and port.isalpha() and existed else None
