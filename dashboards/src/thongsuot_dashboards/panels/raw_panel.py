"""Plain: a panel of a kind that grafanalib lacks, or writes in a form that Grafana dropped."""

import grafanalib.core as grafana


class RawPanel(grafana.Panel):  # type: ignore[misc]  # grafanalib has no types
    """What makes the panel (``type``, ``options``, ``fieldConfig``) is given as ``extraJson``."""

    def to_json_data(self) -> object:
        """Return the panel as grafanalib's encoder wants it."""
        return self.panel_json({})
