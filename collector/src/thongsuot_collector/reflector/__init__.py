"""Reflector: what agents measure against, for one-way delay and for throughput."""
