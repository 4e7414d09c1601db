"""What people sign in by: sessions, passwords, second factors; and how guessing is slowed down."""
