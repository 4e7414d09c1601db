"""Reflector: the remote end of agents' one-way delay and throughput measurements."""
