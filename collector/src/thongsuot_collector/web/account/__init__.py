"""The pages of the account: where every batch is that agents have made."""
