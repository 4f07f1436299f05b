"""The nouns: documents, partitions, manifests, recipes, errors. Pure data; nothing here reads a file or a network."""
