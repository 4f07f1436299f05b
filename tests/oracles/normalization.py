"""datatrove's simplify_text, restated with regular expressions and `unicodedata`."""

import re
import unicodedata

NUMBER = re.compile(r"\d+([.,،٫⎖⎗⎘]\d+)?")  # \d of `re` is category Nd
MARKS = "!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_.\"}►»"
CONTROLS = "".join(map(chr, [*range(9), *range(11, 32), *range(127, 160)]))
SPACES = dict.fromkeys(map(ord, MARKS + CONTROLS), " ")


def normalize(text: str) -> str:
    """Lower case, numbers, punctuation, whitespace, diacritics, in this order."""
    text = NUMBER.sub("0", text.lower()).translate(SPACES)
    text = re.sub(r"\s+", " ", text.strip())
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn").strip()
