"""From source files to features, snapshots and signals. Knows no store and takes no decision."""
