"""What the fields of a rendering must mean beyond their types. Which phases and components a mix has is told to
`named_by`, and whether its end is plain to `warnings_of`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from types import MappingProxyType
from typing import Any

from dagster_project.corpus.model.artifact_rules import name
from dagster_project.corpus.model.rendering_recipes import (
    CHAT_FIELDS,
    CHATS,
    TEMPLATE_FIELDS,
    TEXT,
    ControlRecipe,
    Pieces,
    RenderingRecipe,
    TemplateRecipe,
    pieces_of,
)
from dagster_project.corpus.model.value_rules import Complaint, filled, named_once, share, words

LONGEST_TOKEN = 100
WHOLE = 1 + 1e-9  # of shares that were added up
PLAIN_END = (
    "the last phase, {}, has a template on every document; a model needs a plain end, 10% in MeCo, to do without"
)


def _template(value: str) -> Complaint:
    try:
        fields = pieces_of(value).fields
    except ValueError as error:
        return f"is no template: {error}; name fields as {{host}}, and write braces of your own twice"
    if unknown := sorted(set(fields) - set(TEMPLATE_FIELDS)):
        return f"names {', '.join(map(repr, unknown))}, and fields are {', '.join(TEMPLATE_FIELDS)}"
    times = fields.count(TEXT)
    return None if times == 1 else f"has {{text}} {times} times; put it once, where the document goes"


def _chat(value: str) -> Complaint:
    if not value or value in CHATS:
        return None
    try:
        fields = pieces_of(value).fields
    except ValueError as error:
        return f"is no template: {error}; name {{role}} and {{content}}, and write braces of your own twice"
    good = set(fields) == set(CHAT_FIELDS) and fields.count("content") == 1
    return None if good else f"{value!r} is no chat; use {', '.join(CHATS)}, or {{role}} and once {{content}}"


def _token(value: str) -> Complaint:
    good = re.fullmatch(rf"[^\s\x00-\x1f\x7f]{{1,{LONGEST_TOKEN}}}", value)
    return None if good else f"{value!r} is no token; use 1 to {LONGEST_TOKEN} characters without white space"


FIELDS: Mapping[tuple[type, str], Callable[[Any], Complaint]] = MappingProxyType(
    {
        (TemplateRecipe, "name"): name,
        (TemplateRecipe, "text"): _template,
        (TemplateRecipe, "share"): share,
        (TemplateRecipe, "phases"): words,
        (TemplateRecipe, "components"): words,
        (ControlRecipe, "token"): _token,
        (ControlRecipe, "where"): filled,
        (RenderingRecipe, "chat"): _chat,
    }
)


def rendering_agreement(rendering: RenderingRecipe) -> Iterator[tuple[str, str]]:
    yield from named_once("templates", [template.name for template in rendering.templates])
    yield from _shares(rendering)
    yield from _alike(rendering)
    yield from _spelling(rendering)


def _shares(rendering: RenderingRecipe) -> Iterator[tuple[str, str]]:
    phases = sorted({phase for template in rendering.templates for phase in template.phases}) or [""]
    components = sorted({component for template in rendering.templates for component in template.components}) or [""]
    for phase, component in product(phases, components):
        total = rendering.templated_share(phase, component)
        if total > WHOLE:
            there = " ".join(filter(None, (phase and f"in phase {phase}", component and f"of component {component}")))
            yield "templates", f"have shares that come to {total:g}{there and f' {there}'}; make them 1 or less"
            return


def _alike(rendering: RenderingRecipe) -> Iterator[tuple[str, str]]:
    tokens = [control.token for control in rendering.controls]
    for index, token in enumerate(tokens):
        if other := next((other for other in tokens[:index] if other in token or token in other), None):
            yield f"controls[{index}].token", f"{token} cannot be told from {other}; use tokens that differ throughout"


def _spelling(rendering: RenderingRecipe) -> Iterator[tuple[str, str]]:
    """Templates by which a title or a text could make up a control token together with what stands beside it."""
    for index, template in enumerate(rendering.templates):
        pieces = pieces_of(template.text)
        if token := next((item.token for item in rendering.controls if _may_spell(pieces, item.token)), None):
            yield (
                f"templates[{index}].text",
                f"could spell the control token {token} together with a field; "
                "put white space, or other characters, beside its fields",
            )


def _may_spell(pieces: Pieces, token: str) -> bool:
    """Whether literals hold a token, or could together with fields that do not hold it."""
    before, after = pieces.literals[:-1], pieces.literals[1:]
    cuts = range(1, len(token))
    return (
        any(token in literal for literal in pieces.literals)
        or any(literal.endswith(token[:cut]) for literal in before for cut in cuts)
        or any(literal.startswith(token[cut:]) for literal in after for cut in cuts)
        or any(literal in token for literal in before[1:])
    )


AGREEMENT: Mapping[type, Callable[[Any], Iterator[tuple[str, str]]]] = MappingProxyType(
    {RenderingRecipe: rendering_agreement}
)


def named_by(rendering: RenderingRecipe, phases: Sequence[str], components: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What templates say of phases and components that their mix does not have."""
    there = {"phases": phases, "components": components}
    for index, template in enumerate(rendering.templates):
        for field, known in there.items():
            if unknown := sorted(set(getattr(template, field)) - set(known)):
                yield f"templates[{index}].{field}", f"name {', '.join(unknown)}, and {field} are {', '.join(known)}"


def warnings_of(rendering: RenderingRecipe, last: str, components: Sequence[str]) -> list[tuple[str, str]]:
    """What to know before training, as (field, sentence): a last phase that has no plain document.

    Models conditioned on metadata to the end do worse without it (Gao et al. 2025, arXiv:2501.01956).
    """
    shares = [rendering.templated_share(last, component) for component in components]
    is_plain_nowhere = bool(shares) and all(share > 2 - WHOLE for share in shares)
    return [("rendering.templates", PLAIN_END.format(last))] if is_plain_nowhere else []
