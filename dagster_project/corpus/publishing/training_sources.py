"""Section 2 of the summary of training content: the sources of a mix by the kinds of the template."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from dagster_project.corpus.model.escaping import markdown
from dagster_project.corpus.publishing.markdown import table
from dagster_project.corpus.publishing.wording import counted, percent
from dagster_project.corpus.standards.terms import known, sources_in, stated

NOT_STATED, NOT_APPLICABLE = "not stated", "not applicable"
VALUE_CHARS = 4000
USERS = ("user", "prompt", "conversation")  # in the words for a method of collection
ACCESS = {"public": "public", "gated": "public", "licensed": "licensed", "private": "private", "synthetic": "synthetic"}
ORIGINS = ("natural", "augmented", "synthetic")
DATASET = ("source", "title", "publisher", "address", "license", "documents", "words", "of words")

Facts = Mapping[str, Any]
Lines = Iterator[str]


def kind_of(source: Facts) -> str:
    """The section of the template that a source belongs to."""
    method = (known(source["collection"]["method"]) or "").lower()
    if any(word in method for word in USERS):
        return "user"
    if source["crawled"]:
        return "crawled"
    return "synthetic" if source["origin"] == "synthetic" else ACCESS.get(source["access"], "other")


def of_kind(facts: Facts, kind: str) -> list[Facts]:
    return [source for source in sources_in(facts) if kind_of(source) == kind]


def datasets(kind: str) -> Callable[[Facts], Lines]:
    """A section that lists the sources of a kind."""

    def write(facts: Facts) -> Lines:
        found = of_kind(facts, kind)
        if not found:
            yield f"{NOT_APPLICABLE}: no source of this kind is in the mix."
            return
        yield said("Used", "yes")
        yield said("Modality", "text")
        yield ""
        yield from table(DATASET, [_dataset(source, facts) for source in found])
        yield from apart(said(source["source"], source["notes"]) for source in found if known(source["notes"]))

    return write


def _dataset(source: Facts, facts: Facts) -> Sequence[Any]:
    words = source["in_mix"]["words"]
    told = [stated(source[name]) for name in ("title", "publisher", "homepage", "license")]
    share = percent(words / (facts["mix"]["words"] or 1))
    return (source["source"], *told, source["in_mix"]["documents"], words, share)


def crawled(facts: Facts) -> Lines:
    found = of_kind(facts, "crawled")
    if not found:
        yield f"{NOT_APPLICABLE}: no source of the mix was crawled or scraped."
        return
    yield said("Used", "yes")
    for source in found:
        collection = source["collection"]
        period = f"{stated(collection['start'])} to {stated(collection['end'])}"
        yield f"\n**{shown(source['source'])}**\n"
        yield said("Crawled by the provider, or on its behalf", NOT_STATED)
        yield said("Crawler names and identifiers", NOT_STATED)
        yield said("Purposes of the crawler", NOT_STATED)
        yield said("Behavior of the crawler", stated(collection["method"]))
        yield said("Period of collection", period)
        yield said("Content and online sources", "; ".join(map(stated, (source["title"], source["domain"]))))
        yield said("Modality", "text")
    yield "\n**Most relevant domains**\n"
    yield from _domains(facts["crawled"])


def _domains(crawled: Facts) -> Lines:
    listed = crawled["listed"]
    yield (
        f"The first 10 % of {counted(crawled['domains'], 'registered domain')} by words: {len(listed):,}. A small or "
        f"medium-sized company may list the first 5 %, at most 1,000: {min(1000, -(-crawled['domains'] // 20)):,}."
    )
    if len(listed) < crawled["asked"]:
        yield f"\n{crawled['asked'] - len(listed):,} more are asked for than are listed here."
    yield ""
    for row in listed:
        yield f"- {shown(row['domain'])}: {counted(row['documents'], 'document')}, {counted(row['words'], 'word')}"


def users(facts: Facts) -> Lines:
    """User data; that no source is of that kind is known only where every source says how it was collected."""
    if of_kind(facts, "user"):
        yield from datasets("user")(facts)
        return
    silent = [source for source in sources_in(facts) if not known(source["collection"]["method"])]
    told = f"{NOT_APPLICABLE}: no source of the mix was collected from users."
    if silent:
        told = f"{NOT_STATED}: of {counted(len(silent), 'source')} nobody said how it was collected."
    yield said("Data from interactions of users with the model", told)
    yield said("Data from interactions of users with other services of the provider", told)


def synthetic(facts: Facts) -> Lines:
    """Synthetic data; that no source is of that kind is known only where every source says where its text is from."""
    silent = [source for source in sources_in(facts) if source["origin"] not in ORIGINS]
    if of_kind(facts, "synthetic"):
        yield from datasets("synthetic")(facts)
        yield f"\n{said('Generating models', NOT_STATED)}"
    elif not silent:
        yield from datasets("synthetic")(facts)
    if silent:
        yield said("Whether text is synthetic", f"{NOT_STATED} for {counted(len(silent), 'source')}")


def said(asked: str, answer: str) -> str:
    return f"- {shown(asked)}: {shown(answer)}"


def shown(text: str) -> str:
    return markdown(text, VALUE_CHARS)


def apart(lines: Lines) -> Lines:
    """Lines with an empty one before them, if there are any."""
    for number, line in enumerate(lines):
        yield line if number else f"\n{line}"
