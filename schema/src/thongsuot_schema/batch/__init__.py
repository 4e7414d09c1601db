"""The codec of an agent's batches. The format is described in docs/reference/batch-format.md."""
