"""
Parsers of modems' answers to AT commands; each make has its own order of fields, units and quirks.
"""
