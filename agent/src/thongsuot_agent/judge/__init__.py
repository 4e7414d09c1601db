"""
The verdict engine: from results, link events and ticks to verdicts. Pure: no clock, no I/O, no
chance.

``engine.step`` takes one event at a time; everything it knows is in ``memory``, which can be
written down and read back. Each concern (silence, loss, latency, …) is a module of ``symptoms``
that looks at what was seen and names a fault as a value; ``hysteresis`` decides when a fault is
believed, ``verdicts`` which of the believed faults explains the others.
"""
