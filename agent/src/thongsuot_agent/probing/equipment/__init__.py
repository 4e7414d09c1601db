"""What equipment says of itself: names of figures, what is plausible, its words and ours."""
