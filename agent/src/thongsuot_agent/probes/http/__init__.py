"""The ``http`` kind: the request by libcurl, and which of several addresses is next."""
