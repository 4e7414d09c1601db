"""What on this device makes measurements lie, and how to mend it."""
