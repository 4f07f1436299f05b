"""How the facts of a duplicates report are said to a person, in any medium."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from dagster_project.corpus.publishing.sentences import Code, Sentence, listed
from dagster_project.corpus.publishing.wording import counted, percent

Facts = Mapping[str, Any]
KINDS: Mapping[str, str] = {
    "exact": "the same text",
    "normalized": "the same but for case, punctuation, digits and spaces",
    "url": "the same URL",
    "near": "shingles in common",
    "linked": "linked by others",
}
MUCH = 0.5  # share of a source's kept documents that are copies from which on a person should look
NAMED = 5  # in one sentence


def summary(facts: Facts) -> list[Sentence]:
    """The report in a few plain sentences."""
    documents, families, layers = facts["documents"], facts["families"], len(facts["layers"])
    shared = documents - facts["alone"]
    kept = _kept(facts["status"])
    said = [
        Sentence(
            f"Of {counted(documents, 'document')} in {counted(layers, 'layer')}, {shared:,} have copies, in "
            f"{counted(families, 'family', 'families')}; {facts['alone']:,} stand alone."
        ),
        Sentence(
            f"Of the {counted(kept, 'kept document')}, {_count(facts, 'survivor'):,} survive and "
            f"{_count(facts, 'suppressed'):,} ({percent(_count(facts, 'suppressed') / (kept or 1))}) are suppressed as "
            "copies of these."
        ),
    ]
    across = sum(row["documents"] for row in facts["meetings"] if row["source"] != row["survivor_source"])
    if across:
        said.append(Sentence(f"{counted(across, 'copy survives', 'copies survive')} in another source than their own."))
    return said


def attention(facts: Facts) -> list[Sentence]:
    """What needs a person, most pressing first."""
    licenses = sum(row["documents"] for row in facts["meetings"] if row["license"] != row["survivor_license"])
    much = [f"{source} ({percent(share)})" for source, share in _shares(facts) if share > MUCH]
    reported = facts["chains"] == "report" and facts["distant"]
    said = {
        f"{counted(facts['over_limit'], 'family has', 'families have')} more than {facts['max_family']:,} members.": (
            facts["over_limit"]
        ),
        f"{counted(licenses, 'copy stands', 'copies stand')} under another license than what survives.": licenses,
        f"{counted(facts['distant'], 'document')} hardly like the leader stay in their families, for chains are "
        "reported alone.": reported,
        f"{counted(facts['hot_buckets'], 'bucket')} of candidates had too many documents to compare each with each, "
        f"the largest {facts['largest_bucket']:,}.": facts["hot_buckets"],
    }
    found = [Sentence(text) for text, applies in said.items() if applies]
    return [
        *found,
        *([Sentence("More than half of what is kept are copies: ", *listed(much, NAMED), ".")] if much else []),
    ]


def happenings(facts: Facts) -> list[Sentence]:
    """What was done with chains, bridges and hot buckets, whether or not there were any."""
    left = "left" if facts["chains"] == "split" else "would have left"
    return [
        Sentence(
            f"Chains: {counted(facts['distant'], 'document')} hardly like the leader {left} "
            f"{counted(facts['chained'], 'family', 'families')}."
        ),
        Sentence(f"Bridges: {counted(facts['bridges'], 'edge')} between families of earlier layers joined nobody."),
        Sentence(
            f"Buckets: the largest has {counted(facts['largest_bucket'], 'document')} of different texts; "
            f"{counted(facts['hot_buckets'], 'bucket was', 'buckets were')} compared in part."
        ),
    ]


def overlap(facts: Facts) -> dict[tuple[str, str], Counter[str]]:
    """Copies by the source they are in and the source of what survives of them, and of these by kind."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for row in facts["meetings"]:
        found.setdefault((row["source"], row["survivor_source"]), Counter())[row["kind"]] += row["documents"]
    return found


def licenses(facts: Facts) -> list[tuple[str, str, int]]:
    """(license of what survives, license of the copy, copies), the most frequent first."""
    found: Counter[tuple[str, str]] = Counter()
    for row in facts["meetings"]:
        found[row["survivor_license"], row["license"]] += row["documents"]
    return sorted(((*pair, count) for pair, count in found.items()), key=lambda row: (-row[2], row))


def size_of(least: int) -> str:
    """The sizes from a power of two up to the next."""
    return f"{least:,} to {2 * least - 1:,}"


def kinds_of(kinds: Mapping[str, int]) -> str:
    """`3 exact, 1 near`, the most frequent first."""
    return ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items(), key=lambda item: (-item[1], item[0])))


def named(sources: Mapping[str, int]) -> Sentence:
    """Sources with their documents."""
    said = [f"{source} ({count:,})" for source, count in sorted(sources.items(), key=lambda item: (-item[1], item[0]))]
    return Sentence(*listed(map(Code, said), NAMED))


def _shares(facts: Facts) -> Iterator[tuple[str, float]]:
    for source, status in facts["by_source"].items():
        yield source, status.get("suppressed", 0) / (_kept(status) or 1)


def _kept(status: Mapping[str, int]) -> int:
    return sum(count for name, count in status.items() if name != "rejected")


def _count(facts: Facts, status: str) -> int:
    return int(facts["status"].get(status, 0))
