"""New rows in, touched customers recomputed, immutable snapshots out."""
