"""The collector: receives and stores data, judges across sites, and notifies people."""
