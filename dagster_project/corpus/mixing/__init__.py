"""Stage 6: which documents, how often, in which order. Nothing that recipe, inputs and seed do not fix."""
