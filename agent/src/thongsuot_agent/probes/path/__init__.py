"""The ``path`` kind: tracing by ICMP and UDP here, by TCP in a worker with scapy; packet sizes."""
