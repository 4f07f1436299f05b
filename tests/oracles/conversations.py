"""Conversations turn by turn: what stands around each, which bytes carry loss, and which tokens that makes."""

from dagster_project.corpus.model.rendering_recipes import CHATS


def around(chat, role):
    """What a chat template puts before and after a turn."""
    before, after = CHATS.get(chat, chat).format(role=role, content="\0").split("\0")
    return before, after


def learned_of(row, chat):
    """What a mix of answers teaches of a row: what the assistant says, and how it ends."""
    if not row["turns"]:
        return row["text"]
    text = row["text"].encode()
    learned = [turn for turn in row["turns"] if turn["role"] == "assistant" and turn["weight"] != 0]
    said = [text[turn["start"] : turn["end"]].decode() for turn in learned]
    ending = around(chat, "assistant")[1] if chat else ""
    return "".join(part + (ending if part else "") for part in said)


def spoken(row, recipe, token=""):
    """The parts of a rendered text, as (text, whether it carries loss, whether the recipe wrote it)."""
    parts = [(token, not recipe.mask, True)]
    text, at = row["text"].encode(), 0
    if not row["turns"]:
        return [part for part in [*parts, (row["text"], True, False)] if part[0]]
    for turn in row["turns"]:
        learned = recipe.train_on == "all" or turn["role"] == recipe.train_on
        if turn["weight"] == 0 and recipe.speaks:
            learned = False
        said, between = text[turn["start"] : turn["end"]].decode(), text[at : turn["start"]].decode()
        if recipe.chat:
            before, after = around(recipe.chat, turn["role"])
            outside = learned and not recipe.mask
            parts += [
                (before, outside, True),
                (said, learned, False),
                (after, outside or (learned and bool(said)), True),
            ]
        else:
            parts += [(between, recipe.train_on == "all", False), (said, learned, False)]
        at = turn["end"]
    if not recipe.chat:
        parts.append((text[at:].decode(), recipe.train_on == "all", False))
    return [part for part in parts if part[0]]


def moved(text, turns, edits):
    """The edited text, and of each turn what is left of it: its first byte and the one after its last, or None."""
    out, owners, at = b"", [], 0
    for start, end, new in [*edits, (len(text), len(text), "")]:
        for place in range(at, start):
            owners.append(_owner(turns, place, place + 1))
        out += text[at:start] + new.encode()
        owners += [_owner(turns, start, end)] * len(new.encode())
        at = end
    places = [[place for place, owner in enumerate(owners) if owner == number] for number in range(len(turns))]
    return out, [(min(found), max(found) + 1) if found else None for found in places]


def _owner(turns, start, end):
    """The turn within which bytes are replaced; nothing is put in at its very ends."""
    for number, (first, last) in enumerate(turns):
        if first <= start and end <= last and not (start == end and start in (first, last)):
            return number
    return None
