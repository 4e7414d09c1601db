"""Images: a root file system of Debian with one of our packages, in the formats for its users."""
