"""The codec of what an agent pushes. The format is described in docs/reference/batch-format.md."""
