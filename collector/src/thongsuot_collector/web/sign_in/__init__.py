"""The pages by which people sign in and out, and look after their account."""
