"""The ``http`` kind: the request by libcurl, and the rotation of several addresses."""
