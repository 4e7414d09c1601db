"""PDF/A by Typst, in our own fonts: what statements, leaflets and reports are set with."""
