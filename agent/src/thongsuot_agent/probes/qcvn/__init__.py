"""The ``qcvn`` kind; a worker transfers the files."""
