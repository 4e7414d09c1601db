"""Every table of the collector, its migrations, and one module for each kind of row."""
