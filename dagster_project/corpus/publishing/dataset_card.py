"""The dataset card of a mix: the front matter that the Hugging Face Hub reads, and under it the report in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from dagster_project.corpus.model.escaping import visible
from dagster_project.corpus.publishing.markdown import page_in_markdown
from dagster_project.corpus.standards.terms import SOFTWARE, known, title_of

VALUE_CHARS = 300
UNDETERMINED = "und"
# github.com/huggingface/hub-docs, datasetcard.md: the licenses that the Hub knows by name, of those that texts have
LICENSES = frozenset(
    "apache-2.0 mit cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by- "
    "nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc- "
    "sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 bsd-2-clause bsd-3-clause bsd-3-clause-clear "
    "isc unlicense wtfpl pddl odc-by odbl artistic-2.0 epl-1.0 epl-2.0 eupl-1.1 eupl-1.2 lgpl-2.1 lgpl-3.0 "
    "gpl-2.0 gpl-3.0 agpl-3.0 mpl-2.0 zlib postgresql ofl-1.1 gfdl".split()
)
SIZES = {
    1_000: "n<1K",
    10_000: "1K<n<10K",
    100_000: "10K<n<100K",
    1_000_000: "100K<n<1M",
    10_000_000: "1M<n<10M",
    100_000_000: "10M<n<100M",
    1_000_000_000: "100M<n<1B",
    10_000_000_000: "1B<n<10B",
    100_000_000_000: "10B<n<100B",
    1_000_000_000_000: "100B<n<1T",
}
LARGER = "n>1T"
PATTERNS = {"parquet": "parquet/shard-*.parquet", "jsonl": "jsonl/shard-*.jsonl.zst"}


def dataset_card(facts: Mapping[str, Any]) -> bytes:
    """The card, README.md of a repository of the Hub, in UTF-8."""
    matter = yaml.dump(_quoted(_matter(facts)), Dumper=Quoting, sort_keys=False, width=10_000)
    for character in "<>&":
        matter = matter.replace(character, f"\\x{ord(character):02x}")
    return f"---\n{matter}---\n".encode() + page_in_markdown(facts)


class Quoted(str):
    """A value that is written between double quotes, where all that is not plain ASCII is an escape."""

    __slots__ = ()


class Quoting(yaml.SafeDumper):
    """YAML with such values."""


Quoting.add_representer(Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def _quoted(value: Any) -> Any:
    """Data whose every string is quoted, but for keys, which are ours."""
    if isinstance(value, str):
        return Quoted(value)
    if isinstance(value, dict):
        return {name: _quoted(item) for name, item in value.items()}
    return [_quoted(item) for item in value]


def _matter(facts: Mapping[str, Any]) -> dict[str, Any]:
    formats = {file["format"] for file in facts["exports"]}
    pattern = next((path for name, path in PATTERNS.items() if name in formats), None)
    return {
        "pretty_name": visible(title_of(facts), VALUE_CHARS),
        **_license(facts),
        "language": [visible(tag, VALUE_CHARS) for tag in facts["languages"] if tag != UNDETERMINED],
        "size_categories": [_size(facts["mix"]["members"])],
        "task_categories": ["text-generation"],
        "tags": [SOFTWARE, "pretraining"],
        **({"configs": _configs(pattern)} if pattern else {}),
    }


def _configs(pattern: str) -> list[dict[str, Any]]:
    """Where the Hub finds the rows."""
    return [{"config_name": "default", "data_files": [{"split": "train", "path": pattern}]}]


def _license(facts: Mapping[str, Any]) -> dict[str, Any]:
    """One that the Hub knows; anything else by its expression, and where it is told apart."""
    expression = facts["mix"]["license"]
    if not known(expression):
        return {"license": "unknown"}
    name = expression.lower().removesuffix("-only").removesuffix("-or-later")
    for hub in (name, name.removesuffix("-1.0")):
        if hub in LICENSES:
            return {"license": hub}
    return {
        "license": "other",
        "license_name": visible(expression, VALUE_CHARS),
        "license_link": "ATTRIBUTION.txt",
    }


def _size(rows: int) -> str:
    return next((name for limit, name in SIZES.items() if rows < limit), LARGER)
