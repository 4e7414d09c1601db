"""
Sources: one module a way to ask a modem; the module's name is the ``source`` of the settings.

Each has ``async def read(link: Link, settings: Settings) -> Reading``.
"""
