"""What the image for devices has beside Debian's packages and the agent's."""
