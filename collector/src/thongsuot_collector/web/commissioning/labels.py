"""The fixed words of the page of a commissioning."""

from typing import Final

from thongsuot_schema.words.language import Text

TITLE: Final = Text("collector.commissioning.site.title")
CODE: Final = Text("collector.commissioning.page.code")
HOW: Final = Text("collector.commissioning.page.how")
NO_TOKEN: Final = Text("collector.commissioning.page.no_token")
NOT_PRINTED: Final = Text("collector.commissioning.page.not_printed")
PDF: Final = Text("collector.commissioning.page.pdf")
WHO: Final = Text("collector.commissioning.page.who")
