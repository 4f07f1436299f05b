"""Items of benchmarks in documents, by Python's sets and lists of words."""

from collections import Counter, defaultdict

from tests.oracles.plain_words import has_letter, is_character, plain_words

NGRAM, ANSWER, WHOLE = range(3)


def texts_of(text):
    return [word for word, _, _ in plain_words(text)]


def windows(words, size):
    return [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]


class Oracle:
    """The hits of documents, as sorted tuples (item name, kind, start, end, words, found, total)."""

    def __init__(self, items, ngram=13, shortest=5, common=100, template=10):
        self.ngram = ngram
        self.items = {item[:2]: (texts_of(item.question), texts_of(item.answer or "")) for item in items}
        grams = {name: self.different(*pair) for name, pair in self.items.items()}
        out = self.shared(grams, common, template)
        self.grams = {name: {g: k for g, k in kinds.items() if g not in out} for name, kinds in grams.items()}
        long = {name: {tuple(q): 0} for name, (q, _) in self.items.items() if self.is_long(q, shortest)}
        out_whole = self.shared(long, common, template)
        self.whole = {name: q for name in long for q in long[name] if q not in out_whole}
        self.too_short = {name for name in self.items if name not in long and not grams[name]}
        self.left_out = Counter(name for name, gram in {(n[0], g) for n in grams for g in grams[n] if g in out})

    def different(self, question, answer):
        """Each n-gram with a letter, and whether it first stands so that it reaches into the answer."""
        kinds = {}
        for i, gram in enumerate(windows(question + answer, self.ngram)):
            if has_letter(gram):
                kinds.setdefault(gram, ANSWER if i + self.ngram > len(question) else NGRAM)
        return kinds

    @staticmethod
    def is_long(words, shortest):
        weight = sum(1 if is_character(word[0]) else 2 for word in words)
        return weight >= 2 * shortest and has_letter(words)

    def shared(self, keys, common, template):
        sizes, owners = Counter(name[0] for name in self.items), defaultdict(Counter)
        for name, kinds in keys.items():
            for key in kinds:
                owners[key][name[0]] += 1
        return {
            key
            for key, counts in owners.items()
            if counts.total() > common
            or any(count >= 5 and count * 100 > template * sizes[name] for name, count in counts.items())
        }

    def hits(self, text):
        split = plain_words(text)
        words = [word for word, _, _ in split]
        spans = []
        for name, kinds in self.grams.items():
            at = [i for i, gram in enumerate(windows(words, self.ngram)) if gram in kinds]
            found = len({tuple(words[i : i + self.ngram]) for i in at})
            tail = (found, len(kinds))
            spans += [(name, kind, i, j, *tail) for i, j, kind in self.merged(at, words, kinds)]
            if name in self.whole:
                size = len(self.whole[name])
                at = [i for i, window in enumerate(windows(words, size)) if window == self.whole[name]]
                spans += [(name, WHOLE, i, j, *tail) for i, j in joined([(i, i + size) for i in at])]
        return sorted((n, k, split[i][1], split[j - 1][2], j - i, f, t) for n, k, i, j, f, t in spans)

    def merged(self, at, words, kinds):
        for i, j in joined([(i, i + self.ngram) for i in at]):
            yield i, j, max(kinds[tuple(words[k : k + self.ngram])] for k in at if i <= k and k + self.ngram <= j)


def joined(spans):
    """Spans that share a word, as one."""
    result = []
    for start, end in spans:
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result
