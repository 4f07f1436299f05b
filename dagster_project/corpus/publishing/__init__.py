"""Stage 7: what leaves the house: shards in trainer formats, the order manifest, reports, attribution."""
