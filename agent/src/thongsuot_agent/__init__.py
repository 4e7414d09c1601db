"""The program on a service point's device: measures, judges, remembers, tells."""
