"""How facts are said to a person, in any medium: sizes, shares, limits, evidence, and what needs a decision."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

KINDS: Mapping[str, str] = {
    "file.spdx": "an SPDX tag in the file itself",
    "file.license": "the license file beside it",
    "html.rel-license": "a license link of the page",
    "http.link": "a license link in its HTTP headers",
    "json-ld.license": "its structured data",
    "html.meta": "its meta elements",
    "html.copyright": "its copyright notice",
    "json-ld.copyright": "the copyright notice in its structured data",
    "microdata.license": "its microdata",
    "html.link": "a Creative Commons link in its text",
    "record.license": "the license field of the record",
    "package.license_expression": "the package's License-Expression",
    "package.classifier": "the package's license classifiers",
    "package.license_field": "the package's License field",
    "registry": "the registry entry of the source",
    "none": "no evidence that could be read",
}
EDITS: Mapping[str, str] = {
    "c4": "C4's line edits",
    "refinedweb": "RefinedWeb's line edits",
    "newlines": "the limit of newlines",
    "pipes": "the removal of lines of pipes",
    "redact": "redaction",
}
FIELDS: Mapping[str, str] = {
    "title": "title",
    "publisher": "publisher",
    "homepage": "homepage",
    "license": "one license for the whole source",
    "license_evidence": "where its license is said, and who checked",
    "collection_license": "license of the collection as a database",
    "access": "access class",
}


TIED = "\u00a0"  # between a number and its unit, which no line may part


def size(amount: int) -> str:
    """Bytes for reading."""
    units = ("bytes", "kB", "MB", "GB", "TB")
    scale = min(max(len(str(amount)) - 1, 0) // 3, len(units) - 1)
    return f"{amount:,}{TIED}bytes" if scale == 0 else f"{amount / 1000**scale:,.1f}{TIED}{units[scale]}"


def percent(share: float) -> str:
    """A share for reading; a small one is never called nothing."""
    return f"<{TIED}0.1{TIED}%" if 0 < share < 0.001 else f"{100 * share:.1f}{TIED}%"


def counted(count: int, one: str, many: str = "") -> str:
    """`1 source`, `3 sources`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def limits(found: Sequence[Mapping[str, Any]]) -> str:
    """What a rule asks of a document."""
    return "; ".join(", ".join(_limit(item)) or "no limit" for item in found)


def _limit(limit: Mapping[str, Any]) -> Iterator[str]:
    if limit.get("any_of"):
        yield f"one of {', '.join(limit['any_of'])}"
    for name, words in (("min", "at least"), ("above", "above"), ("max", "at most"), ("below", "below")):
        if limit.get(name) is not None:
            yield f"{words} {limit[name]:,g}" if abs(limit[name]) < 1 else f"{words} {limit[name]:,.10g}"
    if limit.get("none_of"):
        yield f"no statement of {', '.join('any kind' if name == 'any' else name for name in limit['none_of'])}"
    if limit.get("quantile") is not None:
        yield f"the best {percent(limit['quantile'])}"
    if limit.get("words") is not None:
        yield f"the best {limit['words']:,} words"
    if drawn := limit.get("drawn"):
        yield f"{drawn['documents']:,} drawn at random, seed {drawn['seed']}"
    if limit.get("languages"):
        yield f"for {', '.join(limit['languages'])}"
    if listed := limit.get("list"):
        yield f"by a list of {counted(listed['entries'], 'entry', 'entries')}, of which {listed['matched']:,} matched"
    if limit.get("quarantine"):
        yield "else quarantined"
    if released := limit.get("released"):
        yield f"but for {counted(released['matched'], 'document')} released"


def edits(names: Iterable[str]) -> str:
    """An edit program, by what its edits are."""
    told = list(dict.fromkeys(EDITS.get(name, name) for name in names))
    return " and ".join(filter(None, (", ".join(told[:-1]), told[-1])))


def kind(name: str) -> str:
    return KINDS.get(name, name)


def field(name: str) -> str:
    return FIELDS.get(name, name)


def power(number: int) -> str:
    """A power of two on a narrow axis."""
    return f"{number}" if number < 1024 else f"{number // 1024}k" if number < 1 << 20 else f"{number >> 20}M"


def recipe(found: Mapping[str, Any]) -> str:
    """A recipe as indented JSON."""
    return json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False)


def summary(facts: Mapping[str, Any]) -> list[str]:
    """The mix in a few plain sentences."""
    mix, unknowns = facts["mix"], facts["unknowns"]
    repeats = f", repeated to {mix['members']:,} entries" if mix["members"] > mix["documents"] else ""
    sources, licenses = len(_sources(facts)), len(facts["licenses"])
    return [
        f"This mix holds {counted(mix['documents'], 'document')}{repeats}, with {counted(mix['words'], 'word')}, "
        f"from {counted(sources, 'source')} under {counted(licenses, 'license expression')}.",
        _unknown(unknowns["without_license"]),
        f"The license policy kept out {counted(facts['gate']['documents'], 'document')}.",
        _accounted(facts["funnel"]),
    ]


def _sources(facts: Mapping[str, Any]) -> list[Any]:
    return [source for source in facts["sources"] if source["in_mix"]["documents"]]


def _unknown(entries: int) -> str:
    if not entries:
        return "Every document in it stands under a license that our table knows."
    return f"{counted(entries, 'entry has', 'entries have')} no known license."


def _accounted(funnel: Mapping[str, Any]) -> str:
    records = f"{funnel['stages'][0]['documents']:,} records read"
    if funnel["unaccounted"]:
        return f"Of {records}, {funnel['unaccounted']:,} cannot be accounted for: do not rely on this report."
    return f"Each of the {records} is accounted for: in the mix, or left out for a reason named below."


def attention(facts: Mapping[str, Any]) -> list[str]:
    """What needs a person, most pressing first."""
    findings = [item for item in facts["findings"] if not item["kind"].startswith("a choice")]
    contrary = sum(item["documents"] for item in findings)
    unknowns, missing = facts["unknowns"], {item["source"] for item in facts["missing"]}
    hit = [f"{item['items_hit']:,} of {item['benchmark']}" for item in facts["benchmarks"] if item["items_hit"]]
    idle = sorted(_lists_that_matched_nothing(facts["funnel"]["members"]))
    said = {
        f"{facts['funnel']['unaccounted']:,} documents are not accounted for.": facts["funnel"]["unaccounted"],
        f"{counted(unknowns['without_license'], 'entry', 'entries')} without a known license.": unknowns[
            "without_license"
        ],
        "Share-alike licenses that do not combine into one work: "
        + "; ".join(" with ".join(pair) for pair in facts["together"]["share_alike_conflicts"])
        + ".": facts["together"]["share_alike_conflicts"],
        f"Some licenses limit the field of use: {'; '.join(facts['together']['field_of_use'])}.": facts["together"][
            "field_of_use"
        ],
        f"{counted(contrary, 'finding')} about license evidence (a document may have several).": contrary,
        f"Lists that matched nothing: {'; '.join(idle)}.": idle,
        f"Facts that only a person knows are missing for {counted(len(missing), 'source')}.": missing,
        f"Text that repeats items of benchmarks: {', '.join(hit)}.": hit,
        "This version of the mix is not published: no files were exported.": facts["mix"]["published_id"] is None,
    }
    return [text for text, applies in said.items() if applies]


def _lists_that_matched_nothing(members: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for member in members:
        for row in member["rules"]:
            if any(limit["list"] and not limit["list"]["matched"] for limit in row["limits"]):
                yield f"{row['rule']} of {member['policy']} in {member['source']}"


FILTERS: dict[str, Callable[..., Any]] = {
    "size": size,
    "percent": percent,
    "counted": counted,
    "limits": limits,
    "kind": kind,
    "field": field,
    "power": power,
    "summary": summary,
    "recipe": recipe,
}
