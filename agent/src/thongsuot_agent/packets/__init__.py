"""Packets built and read by scapy, in a process that lives for one run."""
