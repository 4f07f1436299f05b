"""Spherical k-means over hashed words in plain Python: vectors are dictionaries, sums are of whole numbers."""

import math
from collections import Counter
from fractions import Fraction

UNIT = 1 << 14


def rounded(fraction):
    """Halves go up."""
    return math.floor(fraction + Fraction(1, 2))


def signed_counts(hashes, features):
    """Of the hashes of the words of a document."""
    counts = Counter()
    for word in hashes:
        counts[word % features] += -1 if word >> 63 else 1
    return {feature: max(-255, min(255, count)) for feature, count in counts.items() if count}


def vectors(documents):
    """Of documents as counts by feature."""
    total = sum(1 for counts in documents if counts)
    found_in = Counter(feature for counts in documents for feature in counts)
    made = []
    for counts in documents:
        weights = {
            feature: round((1 + math.log(abs(count))) * 256) * round(math.log(1 + total / found_in[feature]) * 256)
            for feature, count in counts.items()
        }
        length = int(math.sqrt(sum(weight**2 for weight in weights.values())))
        made.append(
            {
                feature: rounded(Fraction(weight * UNIT, length)) * (1 if counts[feature] > 0 else -1)
                for feature, weight in weights.items()
            }
        )
    return made


def product(one, other):
    return sum(value * other.get(feature, 0) for feature, value in one.items())


def distance(one, other):
    return sum((one.get(feature, 0) - other.get(feature, 0)) ** 2 for feature in {*one, *other})


def nearest(documents, centroids):
    """(cluster or -1, product) of each."""
    found = []
    for document in documents:
        best = (-1, 0)
        for number, centroid in enumerate(centroids):
            if product(document, centroid) > best[1]:
                best = (number, product(document, centroid))
        found.append(best)
    return found


def moved(documents, clusters, centroids):
    """The centroids after one step."""
    made = []
    for number, centroid in enumerate(centroids):
        own = [document for document, cluster in zip(documents, clusters, strict=True) if cluster == number]
        sums = Counter()
        for document in own:
            sums.update(document)
        means = {feature: (value * 256) // len(own) for feature, value in sums.items() if value}
        length = int(math.sqrt(sum(value**2 for value in means.values())))
        scaled = (
            {feature: rounded(Fraction(value * UNIT, length)) for feature, value in means.items()} if length else None
        )
        made.append({feature: value for feature, value in scaled.items() if value} if scaled else centroid)
    return made


def k_means(documents, centroids, iterations):
    """(centroids, clusters by them)."""
    before = None
    for _ in range(iterations):
        clusters = [cluster for cluster, _ in nearest(documents, centroids)]
        if clusters == before:
            break
        centroids, before = moved(documents, clusters, centroids), clusters
    return centroids, [cluster for cluster, _ in nearest(documents, centroids)]
