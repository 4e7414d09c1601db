"""Live pages: a stream announces changes of a page's content, and the page refreshes itself."""
