"""
Authentication of people: sessions, passwords, second factors; and protection against guessing.
"""
