"""
Sources: one module per way to query a modem; the module's name is the ``source`` of the settings.

Each has ``async def read(link: Link, settings: Settings) -> Reading``.
"""
