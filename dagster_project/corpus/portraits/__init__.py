"""Which spans of a text stand in a version? Portraits ask a few kilobytes, matches read the version.

    shards of text ──▶ strided hashes ──exchange──▶ parts of a filter ──▶ catalog/portraits/<version id>/   drawing.py
    a text ──▶ hashes at every character ──▶ the blocks that they mean ──▶ spans, each with its chance      asking.py
    many texts ──▶ one pass: how far each goes ──▶ one pass: who holds it ──▶ maximal spans, documents      matching.py

A portrait errs to one side: what it does not show, of 2 · width − 1 characters or more, does not stand there.
"""
