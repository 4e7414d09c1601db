"""Bytes to objects and back: netlink, ICMP, control messages, DNS. No I/O, no clock."""
