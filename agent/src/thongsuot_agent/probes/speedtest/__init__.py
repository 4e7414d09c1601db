"""The ``speedtest`` kind; speedtest-cli runs in a worker."""
