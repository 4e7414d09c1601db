"""What crosses the rooms, and a mirror of each room; see CONTRIBUTING.md."""
