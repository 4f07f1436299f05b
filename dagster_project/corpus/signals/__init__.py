"""Stage 3: what is measured of every document, once, in groups that are versions of their own. Never a verdict."""
