"""The takedown register: what was asked to be taken out, which documents that means, and where they stand."""
