"""Ways into machines, for Ansible."""
