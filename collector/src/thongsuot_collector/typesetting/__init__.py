"""PDF/A by Typst, in our own fonts, for statements, leaflets and reports."""
