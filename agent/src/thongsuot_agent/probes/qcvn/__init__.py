"""The ``qcvn`` kind; the file is carried by a worker."""
