"""The two commands of the README from nothing, in new roots of Debian and its derivatives."""
