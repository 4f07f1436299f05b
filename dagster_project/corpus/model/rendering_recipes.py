"""Recipes of renderings: how a document is written for a trainer, with what is known of it around its text."""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter
from typing import Literal, NamedTuple

TEXT = "text"
# a source is named without its version
TEMPLATE_FIELDS = (TEXT, "url", "host", "domain", "title", "source", "license", "language", "component", "phase")
CHATS = {
    "chatml": "<|im_start|>{role}\n{content}<|im_end|>\n",
    "plain": "{role}: {content}\n\n",
}
CHAT_FIELDS = ("role", "content")


class Pieces(NamedTuple):
    """A template taken apart: a literal before each field, and one after the last."""

    literals: tuple[str, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True)
class TemplateRecipe:
    """What is written around the text of some documents, as in metadata conditioning (Gao et al. 2025,
    arXiv:2501.01956). A document that lacks a field of its template is written plain."""

    name: str
    text: str = "URL: {host}\n\n{text}"  # fields in braces, braces twice to mean themselves
    share: float = 1.0  # of the documents that it is for; the rest is plain
    phases: tuple[str, ...] = ()  # empty: all
    components: tuple[str, ...] = ()

    def is_for(self, phase: str, component: str) -> bool:
        """Whether documents of a component may get this template in a phase."""
        return phase in (self.phases or (phase,)) and component in (self.components or (component,))


@dataclass(frozen=True)
class ControlRecipe:
    """A token before documents that meet a condition, which then need not be removed (Korbak et al. 2023,
    arXiv:2302.08582). A document gets the first whose condition holds."""

    token: str
    where: str  # a condition over columns: quality.score < 0.2


@dataclass(frozen=True)
class RenderingRecipe:
    """How documents are written: plain, in a template that a keyed hash draws, or behind a control token; and the turns
    of those that are conversations."""

    templates: tuple[TemplateRecipe, ...] = ()
    controls: tuple[ControlRecipe, ...] = ()
    mask: bool = True  # what stands around the text, and before turns, carries no loss; what ends a learned turn does
    chat: str = ""  # around each turn: a name in CHATS, or a template with {role} and {content}; empty: nothing
    train_on: Literal["all", "assistant"] = "all"  # turns that carry loss; documents without turns always do

    @property
    def masks(self) -> bool:
        """Whether anything may carry no loss."""
        return self.train_on != "all" or (self.mask and bool(self.templates or self.controls or self.chat))

    @property
    def speaks(self) -> bool:
        """Whether turns are written or trained on apart from each other."""
        return bool(self.chat) or self.train_on != "all"

    def templated_share(self, phase: str, component: str) -> float:
        """The share of the documents of a component that get any template in a phase."""
        return sum(template.share for template in self.templates if template.is_for(phase, component))


def chat_around(chat: str, role: str) -> tuple[str, str]:
    """What a chat template puts before and after a turn of that role."""
    literals, fields = pieces_of(CHATS.get(chat, chat))
    filled = [
        literal + (role if field == "role" else "") for literal, field in zip(literals, (*fields, ""), strict=True)
    ]
    place = fields.index("content") + 1
    return "".join(filled[:place]), "".join(filled[place:])


def pieces_of(template: str) -> Pieces:
    """Take a template apart; ValueError says why it cannot be."""
    literals, fields = [""], []
    for literal, field, form, conversion in Formatter().parse(template):
        literals[-1] += literal
        if field is None:
            continue
        if form or conversion:
            raise ValueError(f"{{{field}}} has a format of its own")
        fields.append(field)
        literals.append("")
    return Pieces(tuple(literals), tuple(fields))
