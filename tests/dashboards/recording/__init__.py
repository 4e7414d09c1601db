"""A recording of the lab: real agents, real packets, real faults; made once, read by every test."""
