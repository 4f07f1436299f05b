"""Models that score texts: found by hash, loaded in one of four formats, trained or counted here; and their records.

A room below the stages: signal groups ask it for scores, and the stage `artifacts` for what is trained and kept.
"""
