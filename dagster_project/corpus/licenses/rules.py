"""The rules by which a document comes to its license, from its evidence to a mix; `license_rule` holds one of them.

`concluded:…`            from its own evidence and the registry, with the way in which the value was read
`not-concluded`          nothing states a license that can be read: NOASSERTION
`derived:all-of-parents` all licenses of its parents at once, with what it states itself; unknown where one of them is
`exact-copies`           all licenses of the documents with exactly its text at once, as far as these have evidence
`or-choice`              of what an OR offers, the least strict that the license policy of a mix lets in
`edited`                 its text was edited or cut: under the license of the text that it was made of
"""

from __future__ import annotations

NOT_CONCLUDED = "not-concluded"
ALL_OF_PARENTS = "derived:all-of-parents"
EXACT_COPIES = "exact-copies"
OR_CHOICE = "or-choice"
EDITED = "edited"


def concluded_by(reading: str) -> str:
    """The rule of a conclusion from evidence, by how its value was read."""
    return f"concluded:{reading}"
