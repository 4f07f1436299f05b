"""What the pages are answered from: the store, by the look-ups of lineage, whatever its size."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from dagster_project.corpus.building.judging import Judgement, judgement_of
from dagster_project.corpus.lineage.impact import Question, impact
from dagster_project.corpus.lineage.overview import overview
from dagster_project.corpus.lineage.rows import placed_at, row_at
from dagster_project.corpus.lineage.trace import trace
from dagster_project.corpus.model.errors import PartitionError, Refused
from dagster_project.corpus.model.partitions import VERSION_ID, Partition, parse
from dagster_project.corpus.portraits.asking import SURE, Portrait, covered_characters
from dagster_project.corpus.portraits.portrait import read_header, told_of
from dagster_project.corpus.publishing.checks.pages import index_page, version_page
from dagster_project.corpus.publishing.facts import facts_of
from dagster_project.corpus.publishing.provenance.page import page
from dagster_project.corpus.publishing.subject import find_subject
from dagster_project.corpus.statements.statements import endings
from dagster_project.corpus.storage.refs import load_manifest, resolve
from dagster_project.corpus.storage.stores import Store
from dagster_project.quality import data_docs
from dagster_project.quality.auditor import GreatExpectationsAuditor
from dagster_project.quality.profiles import STAGES

LONGEST = {"url": 2000, "host": 253, "license": 1000, "source": 300, "text": 4000, "doc": 32}  # characters
DOCUMENT = re.compile("[0-9a-f]{32}")
KEPT_PAGES = 16
SHOWN_MIXES, SHOWN_ENTRIES = 5, 20


@dataclass
class Answers:
    """Pages and answers of one store; pages of versions, which change only by what is stated of them,
    are kept."""

    store: Store
    auditor: GreatExpectationsAuditor
    pages: dict[tuple[str, str, str, int], bytes] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def mixes(self) -> list[dict[str, Any]]:
        """Every version of every mix, newest first per mix."""
        seen = overview(self.store)
        ends = endings(self.store)
        return [
            {
                "mix": item.partition.key,
                "title": mixed.facts.get("title") or "",
                "number": item.number,
                "newest": item.newest,
                "ended": ends.get(mixed.id, ""),
                "version": mixed.id,
                "entries": mixed.rows,
                "words": mixed.profile["words"],
                "sources": len(mixed.profile["by_source"]),
                "licenses": len(mixed.profile["by_license"]),
            }
            for item, mixed in zip(seen.mixes, seen.manifests([item.id for item in seen.mixes]), strict=True)
        ]

    def provenance(self, key: str, version: str | None = None) -> bytes:
        """The page of a version. One is made at a time: it reads every row of a mix."""
        mix = _mix(key, version)
        with self.lock:
            subject = find_subject(self.store, mix, resolve(self.store, mix, version))
            statements = subject.statements
            published = subject.published.id if subject.published else ""
            name = (mix.key, subject.mixed.id, published, len(statements))
            if name not in self.pages:
                if len(self.pages) >= KEPT_PAGES:
                    self.pages.pop(next(iter(self.pages)))
                self.pages[name] = page(facts_of(subject), served=True, statements=statements)
            return self.pages[name]

    def traced(self, key: str, version: str, doc: str) -> dict[str, Any]:
        """All about a document of a version of a mix."""
        return trace(self.store, _mix(key, version), _document(doc), version)

    def found(self, asked: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The mixes that hold what is asked about, as `impact` has them, and the first entries of the newest ones."""
        name, value = _only_one(asked)
        question = _question(name, value)
        answers = impact(self.store, question, most=SHOWN_ENTRIES)
        newest = [answer for answer in answers if answer["newest"]][:SHOWN_MIXES]
        entries = [
            {**entry, "mix": answer["mix"], "version": answer["version"]}
            for answer in newest
            for entry in self._entries(answer)
        ]
        return {"asked": name, "value": value, "mixes": answers, "entries": entries}

    def spans(self, asked: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """Which spans of a text the newest publication of a mix seems to hold, by its portrait."""
        said = dict(asked)
        text = said.get("text", "").replace("\r\n", "\n")
        if len(asked) != 2 or said.keys() != {"mix", "text"} or not 0 < len(text) <= LONGEST["text"]:
            raise Refused(f"name a mix and give a text of 1 to {LONGEST['text']:,} characters")
        place = Partition("published", said["mix"][:300])
        version = resolve(self.store, place)
        header = read_header(self.store, version)
        if header is None:
            raise Refused(f"{place.key} has no portrait yet: run `florilegium portrait show {place.key}`")
        found = [span for span in Portrait(self.store, header).spans([text])[0] if span.chance < SURE]
        facts = {"mix": place.key, "version": version, "text": text, "portrait": told_of(header)}
        return {**facts, "spans": [span._asdict() for span in found], "covered": covered_characters(found)}

    def checks(self) -> bytes:
        """How the newest version of every partition was judged."""
        return index_page(data_docs.overview(self.store, self.auditor), served=True)

    def checked(self, name: str) -> bytes:
        """How the newest version of a partition was judged. Of a partition in parts: how each of them was."""
        place = parse(name[:400])[0]
        rows = [] if place.part else data_docs.overview(self.store, self.auditor, str(place))
        if any(row["place"].part for row in rows):
            return index_page(rows, served=True)
        return version_page(data_docs.facts_of(self._judgement(place), self.auditor), served=True)

    def judgement(self, name: str) -> dict[str, Any]:
        """The same as Great Expectations has it."""
        return data_docs.result_of(self._judgement(parse(name[:400])[0]), self.auditor)

    def _judgement(self, place: Partition) -> Judgement:
        if place.stage not in STAGES:
            raise PartitionError(f"{place.stage} has no suite: use one of {', '.join(STAGES)}")
        return judgement_of(self.store, self.auditor, place)

    def _entries(self, answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
        mixed = load_manifest(self.store, answer["version"])
        for found in answer["rows"]:
            shard, row = placed_at(mixed.files, found["position"])
            values = row_at(self.store, mixed.files[shard], row)
            yield {
                "doc_id": values["doc_id"].hex(),
                **{name: values[name] for name in ("source", "license", "component", "phase")},
                **{name: found[name] for name in ("derived", "shard", "row")},
            }


def _mix(key: str, version: str | None) -> Partition:
    if version is not None and not VERSION_ID.fullmatch(version):
        raise PartitionError(
            "a version is named by 6 to 64 hexadecimal digits of its id: take it from the list of mixes"
        )
    return Partition("mixed", key[:300])


def _document(text: str) -> bytes:
    if not DOCUMENT.fullmatch(text):
        raise Refused("a document id has 32 hexadecimal digits: take it from a page of a mix")
    return bytes.fromhex(text)


def _question(name: str, value: str) -> Question:
    asked: dict[str, Any] = {"doc_id": _document(value)} if name == "doc" else {name: value}
    return Question(**asked)


def _only_one(asked: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """The one thing that is asked about, of bounded length. A form sends line breaks as CR LF, which no text had."""
    names = [name for name, _ in asked]
    if len(names) != 1 or names[0] not in LONGEST:
        raise Refused(f"ask about exactly one of {', '.join(LONGEST)}")
    name, value = asked[0]
    value = value.replace("\r\n", "\n") if name == "text" else value.strip()
    if not value or len(value) > LONGEST[name]:
        raise Refused(f"give 1 to {LONGEST[name]:,} characters; longer ones are asked by `florilegium impact`")
    return name, value
