"""The `addresses` group: where a document stood, in one spelling, and to which host and registered domain that belongs.

A document without an address, or with one that names no host, has nulls there. The registered domain is a matter of
the public suffix list, whose release is named in the lineage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from dagster_project.corpus.engine.blocks import Block
from dagster_project.corpus.model.documents import ID
from dagster_project.corpus.model.urls import WEB, domain_of, host_of

CODE_VERSION = "1"
SCHEMA = pa.schema(
    [
        pa.field("doc_id", ID, nullable=False),
        pa.field("url", pa.string()),  # canonical
        pa.field("host", pa.string()),  # lower case, Punycode, without port
        pa.field("domain", pa.string()),  # registered, or the host itself
    ]
)


def measure(block: Block, recipe: Mapping[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
    """Address, host and domain of every document, and how many have one; which ones is asked of the columns."""
    documents = block.documents
    urls = documents.column("url").to_pylist()  # canonical since they were identified
    hosts = [host_of(url) for url in urls]
    domains = [domain_of(host) if host else None for host in hosts]
    columns = [documents.column("doc_id"), *[pa.array(values, pa.string()) for values in (urls, hosts, domains)]]
    return pa.table(columns, schema=SCHEMA), {
        "with_url": sum(url is not None for url in urls),
        "with_host": sum(host is not None for host in hosts),
        "schemes": dict(sorted(Counter(map(scheme_of, urls, hosts)).items())),
    }


def scheme_of(url: str | None, host: str | None) -> str:
    """A web scheme, or "other"; "none" without an address."""
    if url is None:
        return "none"
    return url.partition(":")[0] if host and url.startswith(WEB) else "other"


def decided_by() -> Mapping[str, Any]:
    """What the lineage says of the list and the tables that decide."""
    return {"public_suffix_list": version("publicsuffixlist"), "url_parser": f"ada-url {version('ada-url')}"}
