"""The public summary of training content that Art. 53(1)(d) of the EU AI Act asks for, by the Commission's template of
24 July 2025, in Markdown: every section of it, as far as data can fill it.

A section says "not applicable" where nothing of its kind is in the mix, and "not stated" where only a person knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dagster_project.corpus.catalog.languages import named
from dagster_project.corpus.publishing.training_sources import (
    NOT_APPLICABLE,
    NOT_STATED,
    Facts,
    Lines,
    apart,
    crawled,
    datasets,
    said,
    synthetic,
    users,
)
from dagster_project.corpus.publishing.wording import counted, percent, size
from dagster_project.corpus.standards.terms import known, sources_in, stated, title_of

BILLION, TRILLION = 10**9, 10**12
RESERVATIONS, LISTS = ("reserved",), ("blocked_",)  # how the names of rules begin
MODALITIES = ("Image", "Audio", "Video", "Other")


def training_summary(facts: Facts) -> bytes:
    """The summary, in UTF-8."""
    return ("\n".join(_lines(facts)) + "\n").encode()


def _lines(facts: Facts) -> Lines:
    mix = facts["mix"]
    yield "# Public summary of training content"
    yield f"\n{said('Summary of', title_of(facts))}"
    yield said("Version of the summary", mix["id"])
    yield said("Last update", stated(mix["published_at"]))
    yield "\nThis covers one training mix: who trains a model on several joins what is said of each."
    for title, write in SECTIONS.items():
        yield f"\n{'#' * (2 + title.split(' ')[0].count('.'))} {title}"
        yield from apart(write(facts))


def _provider(facts: Facts) -> Lines:
    for asked in ("Provider name and contact details", "Authorized representative name and contact details"):
        yield said(asked, NOT_STATED)


def _model(facts: Facts) -> Lines:
    date = "Date of placement of the model on the Union market"
    for asked in ("Versioned model name(s)", "Model dependencies", date):
        yield said(asked, NOT_STATED)


def _modalities(facts: Facts) -> Lines:
    mix = facts["mix"]
    yield said("Text", "yes")
    yield said("Training data size of text", _tokens(mix))
    domains = sorted({name for source in sources_in(facts) if (name := known(source["domain"]))})
    yield said("Types of content", ", ".join(domains) or NOT_STATED)
    for modality in MODALITIES:
        yield said(modality, NOT_APPLICABLE)
    yield said("Latest date of data acquisition", _latest(facts))
    yield said("Linguistic characteristics", _languages(facts["languages"], mix["members"]))
    yield said("Other relevant characteristics", _characteristics(mix))


def _tokens(mix: Facts) -> str:
    """The bucket of the template. A token has at least a byte, and words are less than tokens."""
    told = f"{mix['words']:,} words" + (f", {size(mix['text_bytes'])}" if mix["text_bytes"] is not None else "")
    if mix["tokens"] is not None:
        return f"{_bucket(mix['tokens'])} ({mix['tokens']:,} by the tokenizer of the mix; {told})"
    if mix["text_bytes"] is not None and _bucket(mix["text_bytes"]) == _bucket(mix["words"]):
        return f"{_bucket(mix['words'])} ({told})"
    return f"{_bucket(mix['words'])}, judged by words, for nobody counted tokens ({told})"


def _bucket(tokens: int) -> str:
    if tokens < BILLION:
        return "less than 1 billion tokens"
    return "1 billion to 10 trillion tokens" if tokens <= 10 * TRILLION else "more than 10 trillion tokens"


def _latest(facts: Facts) -> str:
    """The end of the last collection; a source that does not say when it ended may be later."""
    ends = [known(source["collection"]["end"]) for source in sources_in(facts)]
    told, untold = sorted(filter(None, ends)), ends.count(None)
    rest = f"; {counted(untold, 'source')} without a date" if untold else ""
    return f"{told[-1]}{rest}" if told else NOT_STATED


def _languages(languages: Mapping[str, int], members: int) -> str:
    shares = [f"{named(tag)} {percent(count / (members or 1))}" for tag, count in languages.items()]
    return f"{', '.join(shares)} of the entries, as a model identified them" if shares else NOT_STATED


def _characteristics(mix: Facts) -> str:
    return f"{counted(mix['documents'], 'document')} in {counted(mix['members'], 'entry', 'entries')}"


def _reservations(facts: Facts) -> Lines:
    """What was done for those who reserve their rights: opt-outs, rules that judge them, and the license policy."""
    gate = facts["gate"]
    yield said("Signatory to the Code of Practice", NOT_STATED)
    yield said("Rules that heed reservations", _rules(facts, RESERVATIONS))
    yield said("License policy admits", ", ".join(gate["allow"]))
    yield said("Kept out by the license policy", counted(gate["documents"], "document"))
    for source in sources_in(facts):
        yield said(f"Opt-outs of {source['source']}", stated(source["opt_out"]))


def _rules(facts: Facts, beginnings: tuple[str, ...]) -> str:
    """Rules of the policies whose names begin so, with what they removed."""
    found: dict[str, int] = {}
    for member in facts["funnel"]["members"]:
        for rule in member["rules"]:
            if rule["rule"].startswith(beginnings):
                found[rule["rule"]] = found.get(rule["rule"], 0) + rule["documents"]
    return "; ".join(f"{name} removed {counted(count, 'document')}" for name, count in found.items()) or "none"


def _illegal(facts: Facts) -> Lines:
    yield said("Measures to avoid or remove illegal content", NOT_STATED)
    yield said("Lists that keep out hosts, domains and addresses", _rules(facts, LISTS))
    yield "- Documents that are taken down leave in a new version, and the register of takedowns says which."


def _others(facts: Facts) -> Lines:
    funnel = facts["funnel"]
    told = [f"{row['documents']:,} {row['stage']}" for row in funnel["stages"]]
    yield said("Documents from stage to stage", ", ".join(told))
    yield said("Personal data", "; ".join(f"{s['source']}: {stated(s['personal_data'])}" for s in sources_in(facts)))
    missing = [f"{row['field']} of {row['source']}" for row in facts["missing"]]
    yield said("Missing from the registry", ", ".join(missing) or "nothing")


def _heading(facts: Facts) -> Lines:
    """Nothing between a heading and the first below it."""
    return iter(())


SECTIONS: Mapping[str, Callable[[Facts], Lines]] = {
    "1 General information": _heading,
    "1.1 Provider identification": _provider,
    "1.2 Model identification": _model,
    "1.3 Modalities, overall training data size and other characteristics": _modalities,
    "2 List of data sources": _heading,
    "2.1 Publicly available datasets": datasets("public"),
    "2.2 Private non-publicly available datasets obtained from third parties": _heading,
    "2.2.1 Datasets commercially licensed by rightsholders or their representatives": datasets("licensed"),
    "2.2.2 Private datasets obtained from other third parties": datasets("private"),
    "2.3 Data crawled and scraped from online sources": crawled,
    "2.4 User data": users,
    "2.5 Synthetic data": synthetic,
    "2.6 Other sources of data": datasets("other"),
    "3 Data processing aspects": _heading,
    "3.1 Respect of reservation of rights from the text and data mining exception": _reservations,
    "3.2 Removal of illegal content": _illegal,
    "3.3 Other information": _others,
}
