"""Data Docs: how versions were judged, as pages that load nothing, on a server or as files beside each other."""
