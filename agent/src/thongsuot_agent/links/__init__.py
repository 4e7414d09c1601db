"""Uplinks of the device: finding them, following them, and opening sockets that leave by them."""
