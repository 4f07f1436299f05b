"""The catalog of sources: what the registry and the store say of each, and finding one by what it is asked to hold."""
