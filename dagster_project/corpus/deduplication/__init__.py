"""Stage 5: which documents are copies of which, and which of them stays. Families are built over all, kept or not."""
