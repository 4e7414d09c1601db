"""The agent on a service point's device: it measures, judges, keeps the record and reports."""
