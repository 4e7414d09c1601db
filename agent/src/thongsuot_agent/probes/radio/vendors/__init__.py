"""What routers and daemons say of their modem, as documents: HTTP answers, D-Bus objects."""
