"""Pages in Chromium: the fixtures here serve every room that has a page."""
