"""The status page of a site: from a view to HTML, the same on the device and on the collector."""
