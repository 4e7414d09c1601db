"""The collector's configuration for this site: validation, overlay, rollout and storage."""
