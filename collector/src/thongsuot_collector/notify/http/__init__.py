"""What channels that speak HTTP share."""
