"""Live pages: a stream says when what a page shows has changed, and the page renews itself."""
