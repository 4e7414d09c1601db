"""The device's uplinks: detecting them, monitoring them, and opening sockets that leave by them."""
