"""Where documents repeat the items of benchmarks: what is looked for, where it was found, and what that says.

A room below the stages: an artifact keeps the index, a signal group searches documents, mixes and exports promise.
"""
