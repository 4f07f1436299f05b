"""Recipes of mixes: components, phases, budgets, weights, order, license policy, exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dagster_project.corpus.model.rendering_recipes import RenderingRecipe

Unit = Literal["words", "tokens", "documents"]
UNITS: tuple[Unit, ...] = ("words", "tokens", "documents")
PACKED = "packed"  # the export of sequences
WHOLE_MIX = "main"  # the phase of a mix that names none
EPOCHS = 4  # passes over the same text that cost next to nothing (Muennighoff et al. 2023, arXiv:2305.16264)

Setting = str | int | float | bool | tuple[str, ...]


@dataclass(frozen=True)
class Budget:
    """How much a mix or a component holds; exactly one of them. Tokens are those of the mix's tokenizer."""

    words: int | None = None
    tokens: int | None = None
    documents: int | None = None

    @property
    def unit(self) -> Unit:
        return next(unit for unit in UNITS if getattr(self, unit) is not None)

    @property
    def amount(self) -> int:
        amount: int = getattr(self, self.unit)
        return amount


@dataclass(frozen=True)
class WeightingRecipe:
    """How a budget is divided among components, or among the groups of one."""

    # by the weights declared; by how much there is; by that to the power of `exponent`; as evenly as epochs allow
    policy: Literal["declared", "proportional", "temperature", "unimax"] = "declared"
    exponent: float = 0.3  # 1 is proportional, 0 is even (Conneau et al. 2020, arXiv:1911.02116)


@dataclass(frozen=True)
class BalanceRecipe:
    """Groups of a component by the value of a column, each with a share of its own."""

    by: str  # a column: language, domain, license, …
    policy: Literal["even", "proportional", "temperature", "unimax"] = "unimax"
    exponent: float = 0.3


@dataclass(frozen=True)
class QuantileRecipe:
    """The documents of a component between two quantiles of a value, counted by documents; ties stay together."""

    of: str  # a numeric expression over columns: quality.score
    above: float = 0.0
    up_to: float = 1.0


@dataclass(frozen=True)
class ComponentRecipe:
    """One weighted part of a mix, selected from one corpus, or from an earlier version of a mix."""

    name: str
    corpus: str = ""  # name or name@version; or else
    replay: str = ""  # a mix whose members are taken again: name, name@version, or name@version#digits of a version
    weight: float = 1.0
    budget: Budget | None = None  # a fixed amount, before the rest is divided by weight
    share: float | None = None  # a fixed share of the mix, the same way
    max_epochs: int = EPOCHS
    sources: tuple[str, ...] = ()  # empty: all
    languages: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()  # registered domains
    licenses: tuple[str, ...] = ()  # classes, of those that the license policy lets in
    where: str = ""  # a condition over columns: words > 100 and quality.score >= 0.5
    quantile: QuantileRecipe | None = None
    sample: str = ""  # a numeric expression: documents are taken in proportion to it
    rehydrate: float = 0.0  # power of the size of its family by which a document is taken more often; 1 is as found
    variants: bool = False  # of documents made from the same parent each pass takes one, another one each time
    balance: BalanceRecipe | None = None
    control: Literal["", "random"] = ""  # as much at random, without where, quantile, sample and rehydrate

    @property
    def origin(self) -> str:
        """What it takes documents from: the key of a corpus, or the partition of the mix that it replays."""
        return self.corpus or f"mixed/{self.replay}"


@dataclass(frozen=True)
class OrderRecipe:
    """In which order the members of a phase stand."""

    policy: Literal["shuffled", "curriculum", "interleaved"] = "shuffled"
    by: str = ""  # of a curriculum, a numeric expression: what is low comes first
    descending: bool = False
    # of a curriculum: sorted; or drawn from the easiest part, which grows with time by this power until it is all
    pacing: Literal["sorted", "root", "linear", "quadratic"] = "sorted"
    start: float = 0.1  # the easiest part that is there from the beginning, where there is pacing
    warm_up: float = 1.0  # share of the phase that is a curriculum; the rest is shuffled
    sweeps: int = 1  # how often a curriculum begins again


@dataclass(frozen=True)
class PhaseRecipe:
    """One phase of a mix: a part of its budget, with weights and an order of its own."""

    name: str
    share: float
    weights: Mapping[str, Setting] = field(default_factory=dict)  # of components; empty: their own; not named: 0
    order: OrderRecipe = field(default_factory=OrderRecipe)


@dataclass(frozen=True)
class RepetitionRecipe:
    """What a mix may repeat before a warning is told, or before it is refused."""

    epochs: float = EPOCHS  # of a source: members for each document of it
    copies: int = 100  # of one document (Hernandez et al. 2022, arXiv:2205.10487)
    share: float = 0.1  # of the words of the mix that are repeats
    beyond: Literal["warn", "refuse"] = "warn"


@dataclass(frozen=True)
class LicensePolicy:
    """Which licenses may enter; what it excludes is counted and listed by reason."""

    # classes of the license table, or SPDX expressions; empty: all classes but `unknown` and `proprietary`
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()  # SPDX expressions refused whatever their class
    evidence: Literal["", "registry", "page", "record", "file"] = ""  # the least that a license must be concluded from
    # duties that the user of the mix takes on; empty: whatever the allowed licenses ask for
    accept: tuple[Literal["attribution", "share-alike", "non-commercial", "no-derivatives", "field-of-use"], ...] = ()
    share_alike: Literal["warn", "refuse"] = "warn"  # of groups that cannot become one work


@dataclass(frozen=True)
class PackingRecipe:
    """How documents become training sequences, for the export `packed`."""

    mode: Literal["chunk", "best-fit", "buckets"] = "best-fit"
    length: int = 2048  # tokens of a sequence; of buckets, of the longest
    least: int = 256  # tokens of the shortest bucket; what is left of a document below it is dropped, and counted


@dataclass(frozen=True)
class MixRecipe:
    """The exact training set: components, budget, phases, seed, license policy, exports."""

    name: str
    components: tuple[ComponentRecipe, ...]
    budget: Budget
    version: str = "dev"
    title: str = ""
    schedule: str = ""  # cron expression at which it is published, with all that it needs
    exact: bool = False  # cut the last document of each component and phase, so that budgets are met to the unit
    seed: int = 0
    tokenizer: str = ""  # artifact of kind tokenizer, name or name@version: tokens are counted and exported by it
    weighting: WeightingRecipe = field(default_factory=WeightingRecipe)
    phases: tuple[PhaseRecipe, ...] = ()  # in their order; empty: one of the whole budget
    order: OrderRecipe = field(default_factory=OrderRecipe)  # of a mix without phases
    repetition: RepetitionRecipe = field(default_factory=RepetitionRecipe)
    licenses: LicensePolicy = field(default_factory=LicensePolicy)
    clean_of: tuple[str, ...] = ()  # artifacts of benchmarks whose items no text of the mix may repeat
    contaminated: Literal["refuse", "exclude"] = "refuse"  # the whole mix; or the documents, which are counted
    # the last six hold tokens, too, where the mix names a tokenizer; megatron, numpy and packed nothing else
    exports: tuple[Literal["parquet", "jsonl", "megatron", "numpy", "mds", "mds-zstd", "webdataset", "packed"], ...] = (
        "parquet",
        "jsonl",
    )
    packing: PackingRecipe = field(default_factory=PackingRecipe)
    rendering: RenderingRecipe = field(default_factory=RenderingRecipe)  # what a trainer reads around the texts
    shard_words: int = 10_000_000  # words after which a new export shard begins

    @property
    def key(self) -> str:
        """The partition key: name@version."""
        return f"{self.name}@{self.version}"

    @property
    def in_phases(self) -> tuple[PhaseRecipe, ...]:
        """The phases; of a mix that names none, the whole."""
        return self.phases or (PhaseRecipe(WHOLE_MIX, 1.0, order=self.order),)
