"""The library: stages that turn raw objects into published mixes, and the lineage that links them. Never Dagster.

Layers, top to bottom: building · the stages (sources … publishing) · lineage · licenses · engine · storage · kernels · model.
No stage imports another: stages meet only in a manifest and an Arrow schema, both in `model/`.
"""
