"""Rendering row by row with Python's own formatting, addresses and Unicode tables."""

import hashlib
import unicodedata

from dagster_project.corpus.model.urls import domain_of, host_of
from tests.oracles.sampling import siphash

TEXT = "\0"  # stands for the text while a template is filled: no value holds a control


def rendered(row, recipe, seed):
    """Text, spans without loss, and the name of the template, or None."""
    number = row.get("control")
    token = "" if number is None else recipe.controls[number].token
    template = drawn(row, recipe.templates, seed)
    filled = template and filled_in(template.text, values(row, [control.token for control in recipe.controls]))
    before, after = filled.split(TEXT) if filled else ("", "")
    spans, parts, at = [], (token + before, row["text"], after), 0
    for number, part in enumerate(parts):
        end = at + len(part.encode())
        if number != 1 and end > at and recipe.mask:
            spans.append({"start": at, "end": end})
        at = end
    return "".join(parts), spans, template.name if filled else None


def drawn(row, templates, seed):
    key = hashlib.sha256(f"florilegium:rendering:{seed}".encode()).digest()[:16]
    draw = (siphash(key, row["doc_id"] + row["copy"].to_bytes(8, "little")) >> 32) / 2**32
    reached = 0.0
    for template in templates:
        if template.phases and row["phase"] not in template.phases:
            continue
        if template.components and row["component"] not in template.components:
            continue
        reached += template.share
        if draw < reached:
            return template
    return None


def filled_in(template, values):
    """A template with its values; None when one of them is unknown."""
    used = {}

    class Known(dict):
        def __missing__(self, name):
            used[name] = values[name]
            return values[name] or ""

    filled = template.format_map(Known(text=TEXT))
    return filled if all(used.values()) else None


def values(row, tokens):
    host = host_of(row["url"])
    found = {
        **{name: row[name] for name in ("url", "title", "license", "language", "component", "phase")},
        "host": host,
        "domain": domain_of(host) if host else None,
        "source": row["source"].split("@")[0],
    }
    return {name: value and harmless(value, tokens) for name, value in found.items()}


def harmless(value, tokens):
    value = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in value[:500])
    for token in tokens:
        value = value.replace(token, " ")
    return value.strip() or None
