"""Packing token by token, and best fit by looking at every sequence for every document."""


def chunked(lengths, size):
    tokens = [(document, place) for document, length in enumerate(lengths) for place in range(length)]
    return pieces_of([tokens[i : i + size] for i in range(0, len(tokens), size)])


def pieces_of(sequences):
    """(sequence, document, start, length) of runs of one document."""
    pieces = []
    for number, tokens in enumerate(sequences):
        for document in sorted({document for document, _ in tokens}):
            places = [place for other, place in tokens if other == document]
            pieces.append((number, document, places[0], len(places)))
    return pieces


def best_fit(lengths, size):
    """Sequences are lists of (document, start, length); `since` says when each came to have its room."""
    full, rests = [], []
    for document, length in enumerate(lengths):
        whole = length // size * size
        full += [[(document, start, size)] for start in range(0, whole, size)]
        rests += [(document, whole, length - whole)] if length > whole else []
    open_sequences, since = [], []
    for now, piece in enumerate(sorted(rests, key=lambda rest: -rest[2])):
        rooms = [size - sum(part for *_, part in sequence) for sequence in open_sequences]
        fitting = [(room, since[i], i) for i, room in enumerate(rooms) if room >= piece[2]]
        if fitting:
            chosen = min(fitting)[2]
            open_sequences[chosen].append(piece)
            since[chosen] = now
        else:
            open_sequences.append([piece])
            since.append(now)
    ordered = sorted(sorted(sequence) for sequence in full + open_sequences)
    return [(number, *piece) for number, sequence in enumerate(ordered) for piece in sequence]


def bucketed(lengths, size, least):
    pieces = []
    for document, length in enumerate(lengths):
        start = 0
        while length - start >= least:
            part = max(power for power in powers(least, size) if power <= length - start)
            pieces.append((len(pieces), document, start, part))
            start += part
    return pieces


def powers(least, size):
    return [1 << power for power in range(size.bit_length()) if least <= 1 << power <= size]
