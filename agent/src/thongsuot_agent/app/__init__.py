"""The running agent: how its parts are composed, and what happens when one of them fails."""
