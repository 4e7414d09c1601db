"""Images: a root file system of Debian with one of our packages, and how it is handed out."""
