"""The plan that the collector makes for this site: examined, laid over the settings, kept."""
