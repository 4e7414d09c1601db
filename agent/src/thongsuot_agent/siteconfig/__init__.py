"""The collector's configuration for this site: validated, overlaid, rolled out, kept."""
