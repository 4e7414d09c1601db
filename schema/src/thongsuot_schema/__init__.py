"""
Measured values and their transport: vocabulary, catalogue, batch codec, inventory. No I/O, no
clock.
"""
