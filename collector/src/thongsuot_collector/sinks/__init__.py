"""Where measurements go: a folder for each kind of sink, and what they share."""
