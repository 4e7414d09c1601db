"""Equipment data model: figure names, plausibility ranges, vendor mappings, redaction rules."""
