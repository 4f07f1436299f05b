"""Creative Commons licenses as people write them: addresses and names, element by element, version and port kept."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from dagster_project.corpus.licenses.expressions import parse
from dagster_project.corpus.model.errors import Refused

VERSIONS = ("1.0", "2.0", "2.1", "2.5", "3.0", "4.0")
LIMIT_CHARS = 500  # of an address; a longer one is none
HOSTS = ("creativecommons.org", "www.creativecommons.org")
PUBLIC_DOMAIN = {"zero": "CC0-1.0", "mark": "CC-PDM-1.0"}  # 1.0 is the only version of both

# Every jurisdiction that a version was ported to, as addresses spell it, and the port for intergovernmental bodies.
PORTS = frozenset(
    "am ar at au az be bg br ca ch cl cn co cr cz de dk ec ee eg es fi fr ge gr gt hk hr hu ie igo il in it jo jp kr lu"
    " mk mt mx my ng nl no nz pe ph pl pr pt ro rs scotland se sg si th tw ug uk us ve vn za".split()
)

_PAGES = ("deed", "legalcode", "rdf")  # what follows the version without being a port, also as deed.en
_AROUND = " \t\r\n.,;:!?*'\"()[]{}<>|\u201c\u201d\u2019\u00bb\u00ab"  # of a sentence, not of the address within it
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


def by_address(address: str) -> tuple[str, ...]:
    """The licenses that a Creative Commons address may mean: one where it carries the version, else one per version."""
    steps = _steps(address)
    if steps[:1] == ["publicdomain"]:
        is_known = steps[2:3] in ([], ["1.0"]) or steps[2].partition(".")[0] in _PAGES
        return (PUBLIC_DOMAIN[steps[1]],) if is_known and steps[1:2] and steps[1] in PUBLIC_DOMAIN else ()
    if steps[:1] != ["licenses"]:
        return ()
    if steps[1:2] == ["publicdomain"]:
        return ("CC-PDDC",)
    if len(steps) == 2 or (len(steps) == 3 and steps[2].partition(".")[0] in _PAGES):
        return tuple(found for version in VERSIONS if (found := _identifier(steps[1].split("-"), version, "")))
    found = _of_steps(*steps[1:4]) if len(steps) > 2 else None
    return (found,) if found else ()


def is_overview(address: str) -> bool:
    """Whether an address leads to the list of all licenses, and so to none."""
    return len(_steps(address)) == 1


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


def _steps(address: str) -> list[str]:
    """The path of an address below licenses or publicdomain, mended where people miswrite it; or nothing."""
    bare = address[:LIMIT_CHARS].strip(_AROUND).lower()
    try:
        parts = urlsplit(bare if "//" in bare else f"//{bare}")
    except ValueError:  # brackets that are not an IPv6 address
        return []
    if parts.netloc.removesuffix(":80").removesuffix(":443") not in HOSTS:
        return []
    steps = [step for said in unquote(parts.path).split("/") if (step := said.strip(_AROUND))]
    if steps[:1] == ["licences"]:
        steps[0] = "licenses"
    return steps if steps[:1] in (["licenses"], ["publicdomain"]) else []


def _of_steps(elements: str, version: str, port: str = "") -> str | None:
    if port.partition(".")[0] in _PAGES:
        port = ""
    if version not in VERSIONS or port not in ("", *PORTS):
        return None
    return _identifier(elements.split("-"), version, port)


def _of_words(words: list[str]) -> tuple[str, ...]:
    words, port = (words[:-1], words[-1]) if _ends_in_port(words) else (words, "")
    stated = _version(words[-1]) if words else None
    elements = _elements(words[:-1] if stated else words)
    versions = (stated,) if stated else VERSIONS
    return tuple(found for version in versions if elements and (found := _identifier(elements, version, port)))


def _ends_in_port(words: list[str]) -> bool:
    return len(words) > 1 and _version(words[-2]) is not None and words[-1] in PORTS


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
        return f"LicenseRef-{identifier}" if port and existed and (port != "igo" or version == "3.0") else None
