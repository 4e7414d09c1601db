"""The pages to sign in and out, and to manage one's own account."""
