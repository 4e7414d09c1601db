"""The fixed words of the page of a commissioning."""

from typing import Final

from thongsuot_schema.words.language import Text

TITLE: Final = Text("collector.commissioning.site.title")
CODE: Final = Text("collector.commissioning.page.code")
HOW: Final = Text("collector.commissioning.page.how")
NO_TOKEN: Final = Text("collector.commissioning.page.no_token")
NOT_PRINTED: Final = Text("collector.commissioning.page.not_printed")
PDF: Final = Text("collector.commissioning.page.pdf")
PHOTO: Final = Text("collector.commissioning.page.photo")
PHOTO_OF: Final = Text("collector.commissioning.page.photo_of")
PHOTO_SEND: Final = Text("collector.commissioning.page.photo_send")
PHOTO_TOO_LARGE: Final = Text("collector.commissioning.page.photo_too_large")
PHOTO_NO_PICTURE: Final = Text("collector.commissioning.page.photo_no_picture")
NO_RUN: Final = Text("collector.commissioning.page.no_run")
WHO: Final = Text("collector.commissioning.page.who")
