"""
What is measured and how it travels: vocabulary, catalogue, batch codec, inventory. No I/O, no
clock.
"""
