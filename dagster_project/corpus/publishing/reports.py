"""The reports of a mix, by format. A new one is one function of facts and one line in REPORTS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from dagster_project.corpus.model.errors import Refused
from dagster_project.corpus.model.escaping import encoded
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.publishing.attribution import attribution
from dagster_project.corpus.publishing.dataset_card import dataset_card
from dagster_project.corpus.publishing.facts import facts_of
from dagster_project.corpus.publishing.markdown import page_in_markdown
from dagster_project.corpus.publishing.provenance.index import search_index
from dagster_project.corpus.publishing.provenance.page import page
from dagster_project.corpus.publishing.subject import Subject, find_subject
from dagster_project.corpus.publishing.training_summary import training_summary
from dagster_project.corpus.standards.croissant import croissant
from dagster_project.corpus.standards.cyclonedx import cyclonedx
from dagster_project.corpus.standards.openlineage import openlineage
from dagster_project.corpus.standards.prov import prov
from dagster_project.corpus.standards.spdx import spdx
from dagster_project.corpus.statements.refusing import refuse_ended
from dagster_project.corpus.storage.stores import Store

Writer = TypeVar("Writer")


@dataclass(frozen=True)
class Told:
    """A version of a mix with its facts, which are gathered once for all reports that are made of them."""

    subject: Subject

    @cached_property
    def facts(self) -> dict[str, Any]:
        return facts_of(self.subject)


REPORTS: dict[str, Callable[[Told], bytes]] = {
    "html": lambda told: page(told.facts, search_index(told.subject), statements=told.subject.statements),
    "json": lambda told: encoded(told.facts),
    "md": lambda told: page_in_markdown(told.facts),
    "attribution": lambda told: attribution(told.subject),
    "card": lambda told: dataset_card(told.facts),
    "croissant": lambda told: croissant(told.facts),
    "cyclonedx": lambda told: cyclonedx(told.facts),
    "spdx": lambda told: spdx(told.facts),
    "prov": lambda told: prov(told.facts),
    "openlineage": lambda told: openlineage(told.facts),
    "eu": lambda told: training_summary(told.facts),
}


DELIVERED = ("attribution", "card", "croissant", "cyclonedx", "spdx", "eu")  # that go with the data


def render(store: Store, mix: Partition, format: str, version: str | None = None) -> bytes:
    """A report of a mix, the newest version or the one whose id begins with `version`; the same bytes as long as nobody
    states anything of it."""
    write, subject = writer_of(REPORTS, format, "reports"), find_subject(store, mix, version)
    if format in DELIVERED:
        refuse_ended(store, subject.mix, subject.mixed.id)
    return write(Told(subject))


def renderings(store: Store, mix: Partition) -> Iterator[tuple[str, bytes]]:
    """Every report of the newest version of a mix, one at a time, with its format."""
    told = Told(find_subject(store, mix))
    return ((format, write(told)) for format, write in REPORTS.items())


def writer_of(writers: Mapping[str, Writer], format: str, of: str) -> Writer:
    """What writes a format; an unknown one is refused."""
    if format not in writers:
        raise Refused(f"{format!r} is not a format of {of}: use one of {', '.join(writers)}")
    return writers[format]
