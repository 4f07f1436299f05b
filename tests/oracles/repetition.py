"""Repeated n-grams with Python's own counters, one rule set after the other."""

from collections import Counter


def repetition(words: list[str]) -> dict[str, int]:
    some = [word for word in words if word[0].isalnum()]
    found = {"word_characters": characters(some)}
    for n in (2, 3, 4):
        found[f"top_{n}_gram"] = first_top(words, n, joint=1)
        found[f"dclm_top_{n}_gram"] = longest_top(some, n)
        found[f"rps_top_{n}gram"] = first_top(some, n) if longest_top(some, n) else 0
        found[f"dolma_top_{n}_gram"] = first_top(some, n)
    for n in range(5, 11):
        counts = Counter(grams(some, n))
        found[f"duplicated_{n}_n_grams"] = scanned(words, n)
        found[f"dclm_duplicated_{n}_n_grams"] = covered(some, n)
        found[f"dolma_duplicated_{n}_n_grams"] = sum(characters(g) * c for g, c in counts.items() if c > 1)
        found[f"dolma_{n}_n_grams"] = sum(characters(g) * c for g, c in counts.items())
    return found


def grams(words, n):
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def characters(words):
    return sum(map(len, words))


def first_top(words, n, joint=0):
    top = Counter(grams(words, n)).most_common(1)
    return (characters(top[0][0]) + joint * (n - 1)) * top[0][1] if top else 0


def longest_top(words, n):
    counts = Counter(grams(words, n))
    most = max(counts.values(), default=0)
    return max(characters(gram) * most for gram in counts if counts[gram] == most) if most > 1 else 0


def covered(words, n):
    counts = Counter(grams(words, n))
    places = {i + k for i, gram in enumerate(grams(words, n)) if counts[gram] > 1 for k in range(n)}
    return characters(words[place] for place in places)


def scanned(words, n):
    known, total, at = set(), 0, 0
    while at + n <= len(words):
        gram = "".join(words[at : at + n])
        if gram in known:
            total, at = total + len(gram), at + n
        else:
            known.add(gram)
            at += 1
    return total
