"""The state of each site now and in the last day, built from the journal; crash-safe."""
