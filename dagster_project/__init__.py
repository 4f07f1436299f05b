"""Florilegium: training corpora in which every document names its source.

    raw objects ─▶ snapshots ─┬▶ signals ─────▶ filtered ────┐
                              ├▶ licensed ───────────────────┤
                              └▶ fingerprints ─▶ families ───┴▶ deduplicated ─▶ mixed ─▶ published

`corpus/` is the library (pyarrow, numpy, numba; never Dagster), `defs/` the Dagster shell, `cli/` the command
line, `quality/` the only room that speaks Great Expectations, `recipes/` what to build, as data.

This file imports nothing: importing the library must never pull in the shell.
"""
