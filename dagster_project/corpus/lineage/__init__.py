"""Family: walks over manifests and member tables, from a mix to its sources and from a source to its mixes."""
