"""All that is known of a mix in one JSON document: from manifests, and from rows where profiles cannot say it.

No clock, no host and no path of the machine that built it: the same versions give the same facts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from dagster_project.corpus.licenses.expressions import NOASSERTION
from dagster_project.corpus.lineage.contamination import answers_of_mix
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.publishing.domains import domains_of
from dagster_project.corpus.publishing.exported import exported_files
from dagster_project.corpus.publishing.funnel import funnel_of
from dagster_project.corpus.publishing.licensing import gate_of, license_rows, terms, together, united
from dagster_project.corpus.publishing.mix_uses import in_use_of
from dagster_project.corpus.publishing.observed import Observed, distinct_documents, observe
from dagster_project.corpus.publishing.subject import Member, Subject, find_subject
from dagster_project.corpus.publishing.versions import moment_of, versions_of
from dagster_project.corpus.storage.stores import Store

FORMAT = 1
MISSING = "missing"
REGISTRY = ("title", "publisher", "homepage", "license", "license_evidence", "collection_license", "access", "notes")
ABOUT = (  # what else the registry may say
    *("contact", "country", "origin", "domain", "license_verified_by", "license_verified_on", "opt_out"),
    *("personal_data", "trust"),
)
LISTS = ("creators", "languages")
COLLECTION = ("method", "start", "end")
CRAWLS = ("crawl", "scrap")  # in the words for a method of collection
TERMS = ("terms", "redistribution", "commercial")  # may be unknown for good, so that they are not asked for
TOP_DOMAINS = 100  # of all texts with an address, whether they were crawled or not
FACT_CHARS = 4000  # of one registry entry


def gather_facts(store: Store, mix: Partition, version: str | None = None) -> dict[str, Any]:
    """The facts of a mix, the newest or one exact version."""
    return facts_of(find_subject(store, mix, version))


def facts_of(subject: Subject) -> dict[str, Any]:
    """The facts of a version in hand."""
    observed = observe(subject)
    profile = subject.mixed.profile
    sources = sources_of(subject)
    crawled = frozenset(source["source"] for source in sources if source["crawled"])
    addressed = frozenset(source["source"] for source in sources if source["with_url"])
    return {
        "format": FORMAT,
        "mix": mix_of(subject),
        "composition": {
            name: _shares(profile[f"by_{name}"], profile["words"])
            for name in ("component", "phase", "source", "license", "license_class")
        },
        "languages": _ranked(observed.languages),
        **in_use_of(subject, observed),
        "words_histogram": {
            "sources": _summed(source["words_histogram"] for source in sources),
            "mix": dict(sorted(observed.words_histogram.items(), key=lambda item: int(item[0]))),
        },
        "sources": sources,
        "funnel": funnel_of(subject),
        "licenses": license_rows(subject, observed),
        "together": together(list(profile["by_license"])),
        "gate": gate_of(subject),
        "benchmarks": answers_of_mix(subject.store, subject.mix, subject.mixed),
        "families": families_of(subject),
        "findings": findings_of(observed),
        "unknowns": unknowns_of(subject, observed, sources),
        "missing": [{"source": source["source"], "field": name} for source in sources for name in source["missing"]],
        "versions": versions_of(subject),
        "exports": exports_of(subject.published),
        "crawled": domains_of(subject, crawled) if crawled else None,
        "domains": domains_of(subject, addressed, TOP_DOMAINS),
    }


def mix_of(subject: Subject) -> dict[str, Any]:
    """Identity, recipe and size."""
    mixed, published = subject.mixed, subject.published
    return {
        "partition": str(subject.mix),
        "key": subject.mix.key,
        "id": mixed.id,
        "published_id": published.id if published else None,
        "title": mixed.facts.get("title") or MISSING,
        "access": mixed.facts.get("access") or MISSING,
        "recipe": dict(subject.recipe),
        "seed": subject.recipe["seed"],
        "documents": distinct_documents(subject),
        "members": mixed.rows,
        "repeats": mixed.profile["repeats"],
        "words": mixed.profile["words"],
        "text_bytes": published.profile.get("text_bytes") if published else None,
        "tokens": published.profile.get("tokens") if published else None,
        "license": united(mixed.profile["by_license"]),
        "published_at": moment_of(subject.store, str(subject.mix), mixed.id),
        "columns": [[name, kind] for name, kind in published.identity.schema] if published else [],
    }


def sources_of(subject: Subject) -> list[dict[str, Any]]:
    """Every source once, in the order of the corpora, with what the registry says and what its snapshot holds."""
    first = {member.key: member for member in reversed(subject.covering)}
    order = dict.fromkeys(member.key for member in subject.covering)
    return [source_of(subject, first[key]) for key in order]


def source_of(subject: Subject, member: Member) -> dict[str, Any]:
    snapshot, concluded = member.snapshot, member.tables["licensed"].profile
    registry = member.tables["licensed"].identity.recipe
    raw = snapshot.facts.get("raw_objects", ())
    return {
        "source": member.key,
        **{name: str(registry.get(name) or MISSING)[:FACT_CHARS] for name in REGISTRY},
        **{name: _stated(registry.get(name)) for name in (*TERMS, *ABOUT)},
        **registered_lists(registry),
        "collection": {name: _stated(registry.get("collection", {}).get(name)) for name in COLLECTION},
        "crawled": is_crawled(registry, snapshot),
        "missing": [name for name in REGISTRY if name != "notes" and registry.get(name) in (None, "", NOASSERTION)],
        "format": snapshot.facts.get("source", {}).get("format", MISSING),
        "snapshot": snapshot.id,
        "raw_objects": len(raw),
        "raw_bytes": sum(item["size"] for item in raw),
        "records": snapshot.profile["records"],
        "documents": snapshot.profile["documents"],
        "text_bytes": snapshot.profile.get("text_bytes", 0),
        "with_url": snapshot.profile.get("with_url", 0),
        "with_published_at": snapshot.rows - snapshot.profile.get("published", {}).get("unknown", 0),
        "dead_letters": _ranked(snapshot.profile["dead_letters"]),
        "evidence_kinds": _ranked(concluded["kinds"]),
        "licenses": _ranked(concluded["licenses"]),
        "concluded": united(concluded["licenses"]),
        "license_classes": _ranked(concluded["classes"]),
        "languages": _ranked(member.tables["language"].profile["languages"]),
        "words_histogram": dict(member.tables["counts"].profile.get("words_histogram", {})),
        "in_mix": dict(subject.mixed.profile["by_source"].get(member.key, {"documents": 0, "words": 0})),
    }


def registered_lists(registry: Mapping[str, Any]) -> dict[str, list[str]]:
    """Lists of the registry entry; empty where nobody said."""
    return {f"registered_{name}": [str(item)[:FACT_CHARS] for item in registry.get(name, ())] for name in LISTS}


def is_crawled(registry: Mapping[str, Any], snapshot: Manifest) -> bool:
    """Whether a source was taken from sites: as its registry entry says, or since it is an archive of answers."""
    method = str(registry.get("collection", {}).get("method") or "").lower()
    return any(word in method for word in CRAWLS) or snapshot.facts.get("source", {}).get("format") == "warc"


def _stated(value: Any) -> str:
    return MISSING if value in (None, "", "unknown") else str(value)[:FACT_CHARS]


def families_of(subject: Subject) -> list[dict[str, Any]]:
    """Families of copies by corpus: how alike, how many, how large (by powers of two)."""
    return [
        {
            "corpus": item.partition.split("/")[1],
            "similarity": manifest.identity.recipe.get("similarity"),
            "families": manifest.profile["families"],
            "documents": manifest.profile["in_families"],
            "sizes": dict(manifest.profile["family_sizes"]),
            "overlap": {one: dict(others) for one, others in manifest.profile["overlap"].items()},
        }
        for item, manifest in subject.own_inputs()
        if manifest.stage == "families"
    ]


def findings_of(observed: Observed) -> list[dict[str, Any]]:
    """Where evidence speaks against itself, by source and kind, with examples."""
    found = sorted(observed.findings.items(), key=lambda item: (item[0][0], -item[1].documents, item[0][1]))
    return [
        {
            "source": source,
            "kind": kind,
            "documents": finding.documents,
            "examples": [{"doc_id": doc_id, "finding": text} for doc_id, text in finding.examples],
        }
        for (source, kind), finding in found
    ]


def unknowns_of(subject: Subject, observed: Observed, sources: list[dict[str, Any]]) -> dict[str, Any]:
    """What nobody knows, in numbers: of the mix, and of the documents that its sources read."""
    licenses = subject.mixed.profile["by_license"]
    unlisted = [name for name in licenses if terms(name)["class"] == "unknown" and name != NOASSERTION]
    documents = sum(source["documents"] for source in sources)
    return {
        "without_license": subject.mixed.profile["by_license_class"].get("unknown", {}).get("documents", 0),
        "without_evidence": sum(kinds["none"] for kinds in observed.evidence.values()),
        "unlisted_licenses": sorted(unlisted),
        "without_language": observed.languages["und"],
        "source_documents": documents,
        "source_documents_without_url": documents - sum(source["with_url"] for source in sources),
        "source_documents_without_date": documents - sum(source["with_published_at"] for source in sources),
    }


def exports_of(published: Manifest | None) -> list[dict[str, Any]]:
    """Every file that was published."""
    return [
        {
            "format": item.format,
            "name": item.name,
            **{field: getattr(item.file, field) for field in ("path", "rows", "size_bytes", "sha256")},
        }
        for item in (exported_files(published.facts) if published else ())
    ]


def _shares(by: Mapping[str, Mapping[str, int]], words: int) -> list[dict[str, Any]]:
    """Documents, words and share of the words, largest first."""
    ranked = sorted(by.items(), key=lambda item: (-item[1]["words"], item[0]))
    return [{"name": name, **counts, "share": round(counts["words"] / (words or 1), 6)} for name, counts in ranked]


def _ranked(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _summed(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(sorted(total.items(), key=lambda item: int(item[0])))
