"""The light and the sentence, served on the local network; figures for those who scrape."""
