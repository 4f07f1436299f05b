"""Stage 2: raw records become documents with an identity, written once. Text is stored here and nowhere else."""
