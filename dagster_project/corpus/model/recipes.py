"""Recipes: what to build, as frozen data, checked once at the door.

A recipe is one YAML file in `sources/`, `policies/`, `corpora/` or `mixes/` of a recipe directory. Every field of
every class below is a key of that file, and its type is what is allowed there. Reading them is `read_recipes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

AccessClass = Literal["public", "synthetic", "gated", "licensed", "private"]
ACCESS_CLASSES: tuple[str, ...] = ("public", "synthetic", "gated", "licensed", "private")  # strictest last


Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True)
class TurnRecipe:
    """Where turns of a conversation stand in a record: one text, whose role is said here, or a list of turns that say
    theirs, as {role, content} or as {from, value}."""

    column: str
    role: Literal["", "system", "user", "assistant", "tool"] = ""  # empty: a list of turns


@dataclass(frozen=True)
class Columns:
    """Which field of a raw record holds what. Dots reach into objects, and into strings that hold one in JSON:
    `metadata.license`. A shape fills in the columns of a corpus as it is published; named columns come first."""

    text: str = "text"
    turns: tuple[TurnRecipe, ...] = ()  # in their order; what they say is then the text
    key: str | None = None
    url: str | None = None
    title: str | None = None
    language: str | None = None
    license: str | None = None
    collected_at: str | None = None
    published_at: str | None = None
    parents: str | None = None  # of a derived source: one doc_id, a list of them, or objects {doc_id, start, end}
    generator: str | None = None  # what made the text of its parents: a model, a program
    shape: Literal["", "dolma", "redpajama", "redpajama-v2", "ccnet", "fineweb", "c4"] = ""


@dataclass(frozen=True)
class CollectionRecipe:
    """How and when a source was collected; days as YYYY-MM-DD."""

    method: str = ""  # crawl, dump, API, donation, generation …
    start: str = ""
    end: str = ""  # where nothing else dates a record, it was collected by this day


Permission = Literal["yes", "no", "conditional", "unknown"]


@dataclass(frozen=True)
class SourceRecipe:
    """One registered source: how it is read, and what is known of it. `name@version` is the key of its snapshot."""

    name: str
    format: str
    version: str = "dev"
    # how it is read
    # path, glob or s3:// prefix: where, never what, so it is no part of an identity. Where `{version}` stands in it,
    # every folder (or file) of that place is a version of its own.
    location: str = ""
    columns: Columns = field(default_factory=Columns)
    extractor: Literal["resiliparse", "trafilatura"] = "resiliparse"  # of main content, where it is HTML
    base_url: str = ""  # the address at which the root of a tree of files stands
    retain: Literal["reference", "copy"] = "reference"  # copy: raw objects are kept in the store
    schedule: str = ""  # cron expression at which it is looked at again
    fresh_hours: int = 0  # hours after its newest snapshot from which it is late; 0: never
    max_bad_records: float = 0.05  # share of dead letters above which the snapshot is refused
    # sources whose snapshots hold the parents of its documents, name or name@version; they hand down their licenses
    derived_from: tuple[str, ...] = ()
    policy: str = ""  # a source that names its policy is also a corpus of that one member, by the same name
    # what is known of it
    title: str = ""
    publisher: str = ""
    homepage: str = ""
    contact: str = ""  # address or page of whoever answers for it
    creators: tuple[str, ...] = ()
    country: str = ""  # ISO 3166-1 alpha-2 code
    origin: Literal["natural", "augmented", "synthetic", "unknown"] = "unknown"
    domain: str = ""  # what it is about: law, medicine, documentation …
    languages: tuple[str, ...] = ()
    collection: CollectionRecipe = field(default_factory=CollectionRecipe)
    language_model: str = ""  # artifact that identifies languages; empty: the packaged lid.176
    license: str = "NOASSERTION"  # of the content, as the registry declares it
    license_evidence: str = ""  # where that is said
    license_verified_by: str = ""  # who looked
    license_verified_on: str = ""  # YYYY-MM-DD
    collection_license: str = "NOASSERTION"  # of the collection as a database
    terms: str = ""  # what terms of use say besides
    redistribution: Permission = "unknown"
    commercial: Permission = "unknown"
    opt_out: str = ""  # where rights holders object
    personal_data: Literal["none", "unlikely", "possible", "likely", "unknown"] = "unknown"
    trust: Literal["verified", "known", "untrusted", "unknown"] = "unknown"
    access: AccessClass = "public"
    notes: str = ""

    @property
    def key(self) -> str:
        """The partition key: name@version."""
        return f"{self.name}@{self.version}"

    @property
    def reading(self) -> dict[str, Any]:
        """What decides how raw objects become records; a change reads them again."""
        names = ("format", "columns", "extractor", "base_url")
        period = {"collected": [self.collection.start, self.collection.end]}
        return {name: value for name, value in as_data(self).items() if name in names} | period


Setting = bool | int | float | str | tuple[str, ...]


@dataclass(frozen=True)
class StepRecipe:
    """One step of a policy: a rule with its limits, every step of another policy, or an edit of the text that the rules
    after it judge. Exactly one of `rule`, `policy` and `edit` is said."""

    rule: str = ""  # its name in RULES
    policy: str = ""
    edit: str = ""  # its name in EDITS
    min: float | None = None  # kept from here on
    max: float | None = None  # kept up to here
    above: float | None = None  # as min, but this value itself is removed
    below: float | None = None
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()  # statements such as noai or robots.txt, with whatever stands after their colon; any
    list: str = ""  # file of one entry per line, relative to the recipe directory
    model: str = ""  # artifact whose scores are judged: name or name@version
    quantile: float | None = None  # keep this share of the documents that come so far, those of the highest value
    words: int | None = None  # keep the documents of the highest value, up to so many words of a source
    languages: tuple[str, ...] = ()  # judged only when identified as one of these
    # share of a source's documents above which nothing is published; where a policy is named, of each of its rules
    max_removed: float | None = None
    quarantine: bool = False  # what fails is removed as ever, and held for a person to look at
    released: str = ""  # file of the ids of documents that somebody looked at: they pass; relative as `list` is
    settings: Mapping[str, Setting] = field(default_factory=dict)  # of an edit

    @property
    def label(self) -> str:
        """What the step is called among the others of its policy: `score[quality]`, `dup_line_frac[fr]`, and
        `secrets[quarantine]`, which may stand beside `secrets` with other limits."""
        marks = filter(None, (self.model, ",".join(self.languages), "quarantine" if self.quarantine else ""))
        return (self.rule or self.policy or self.edit) + "".join(f"[{mark}]" for mark in marks)


@dataclass(frozen=True)
class PolicyRecipe:
    """An ordered cascade of steps; the first rule that fails names the reason."""

    name: str
    rules: tuple[StepRecipe, ...]
    title: str = ""
    max_removed: float = 0.95  # share of documents above which nothing is published


@dataclass(frozen=True)
class MemberRecipe:
    """A snapshot and the policy that judges it."""

    source: str  # name or name@version
    policy: str


@dataclass(frozen=True)
class FingerprintRecipe:
    """How texts are cut into shingles, and how many hashes of these tell near copies."""

    shingles: Literal["words", "characters"] = "words"
    ngram: int = 5
    bands: int = 14  # two documents that agree in a whole band are compared
    rows: int = 8  # of a band: hashes that must agree
    hashing: Literal["xxh64", "xxh32", "sha1-64", "sha1-32"] = "xxh64"
    sketch: int = 512  # the least hashes of shingles that are kept, by which similarities are verified; 0 keeps none

    @property
    def part(self) -> str:
        """What fingerprints of these parameters are called among those of a snapshot: `words5-14x8`."""
        said = [f"{self.shingles}{self.ngram}", f"{self.bands}x{self.rows}"]
        said += [self.hashing] if self.hashing != "xxh64" else []
        return "-".join([*said, *([f"sketch{self.sketch}"] if self.sketch != 512 else [])])


@dataclass(frozen=True)
class NearRecipe:
    """How alike two documents must be to be copies of each other, and what is done with chains of them."""

    similarity: float = 0.75  # Jaccard of their shingles; 0 takes every pair that shares a band
    verify: Literal["near", "all", "none"] = "near"  # by sketches: near the limit, where signatures err; or always
    chains: Literal["split", "report"] = "split"  # members of a family that are hardly like the one with most copies
    cohesion: float = 0.5  # Jaccard with that one below which a member is such a link; at most `similarity` counts
    max_family: int = 100_000  # members above which a family raises an alarm


@dataclass(frozen=True)
class PassageRecipe:
    """What survivors share with others below whole documents: always counted, and cut where that is said."""

    length: int = 200  # bytes of a substring that stands in several documents, some 50 tokens
    cut: bool = False  # cut such substrings
    inside: bool = False  # whether a substring that stands twice in one document is repeated, too
    cut_lines: int = 0  # cut lines that stand in more documents than this; 0 cuts none
    cut_paragraphs: int = 0
    shortest_line: int = 30  # bytes of a line or a paragraph that is looked at
    keep: Literal["first", "none"] = "first"  # which of the copies stays
    spare_lists: bool = True  # leave lists, tables and templates whole
    max_cut: float = 0.5  # share of the bytes of a source's survivors that may be cut
    max_parallel_loss: float = 0.2  # of the share of lines that go on a list, what may be lost

    @property
    def cuts(self) -> bool:
        """Whether a corpus exports its texts with cuts."""
        return self.cut or self.cut_lines > 0 or self.cut_paragraphs > 0


@dataclass(frozen=True)
class SoftRecipe:
    """Weights by which survivors are drawn, the less the more common their words are to an n-gram model."""

    model: str = ""  # artifact that tells perplexity, name or name@version; without one there are no weights
    segments: int = 20  # of equal numbers of survivors, whose documents weigh the same
    least: float = 0.1  # weight of the most common; the rarest have 1


@dataclass(frozen=True)
class CorpusRecipe:
    """Member snapshots, and how their copies are told apart."""

    name: str
    members: tuple[MemberRecipe, ...]
    version: str = "dev"
    title: str = ""
    schedule: str = ""  # cron expression at which it is built, with all that it needs
    base: str = ""  # a corpus that this one stands on: its survivors stay, and new documents are compared with them
    fingerprints: FingerprintRecipe = field(default_factory=FingerprintRecipe)
    near: NearRecipe = field(default_factory=NearRecipe)
    soft: SoftRecipe = field(default_factory=SoftRecipe)
    scope: Literal["corpus", "source"] = "corpus"  # where copies are looked for: among all members, or within each
    over: Literal["all", "kept"] = "all"  # which documents make families: all, or those that their policies keep
    # of near copies that were made from one parent, or from each other: whether all survive, being meant to be alike
    variants: Literal["keep", "suppress"] = "keep"
    same_url: bool = False  # whether documents of one URL are copies of each other, whatever they say
    passages: PassageRecipe = field(default_factory=PassageRecipe)
    prefer: tuple[Literal["license", "longest", "newest", "oldest", "source"], ...] = ("license", "source", "longest")
    max_removed: float = 0.6  # share of a source's kept documents that may be suppressed as copies
    min_survivors: int = 0  # documents that every source must keep, or nothing is published

    @property
    def key(self) -> str:
        """The partition key: name@version."""
        return f"{self.name}@{self.version}"


def as_data(recipe: Any) -> dict[str, Any]:
    """A recipe as plain JSON data."""
    return {key: _plain(value) for key, value in asdict(recipe).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value
