"""The pages of the account: the location of every batch made by agents."""
