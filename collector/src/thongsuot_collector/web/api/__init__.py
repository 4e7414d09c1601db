"""The API: the content of the pages for programs; read only."""
