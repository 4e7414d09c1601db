"""
The verdict engine: turns results, link events and ticks into verdicts. Pure: no clock, no I/O, no
randomness.

``engine.step`` takes one event at a time; its whole state is in ``memory``, which can be serialised
and restored. Each concern (silence, loss, latency, …) is a module of ``symptoms`` that examines
observations and returns a fault as a value; ``hysteresis`` decides when a fault is confirmed,
``verdicts`` which of the confirmed faults explains the others.
"""
