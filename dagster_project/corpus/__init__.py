"""The library: stages from raw objects to published mixes, and the lineage that links them. Never Dagster.

Layers: building, the stages (sources … publishing), lineage, licenses, engine, storage, kernels, model.
No stage imports another: stages meet only in a manifest and an Arrow schema, both in `model/`.
"""
