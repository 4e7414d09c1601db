"""MCP: the lists of the API as tools that a language model may use; read only."""
