"""Subject: the object of a state."""

import msgspec


class Subject(msgspec.Struct, frozen=True, order=True, array_like=True):
    """
    One object of a site that has a state.

    ``link`` alone: the link. Both: the service through that link. ``service`` alone: the service
    for the site. Neither: the device itself, ``up`` while its agent measures.
    """

    site: str
    link: str = ""
    service: str = ""

    @property
    def is_device(self) -> bool:
        """Whether it is the device itself."""
        return not (self.link or self.service)

    @property
    def is_link(self) -> bool:
        """Whether it is a link."""
        return bool(self.link) and not self.service

    @property
    def is_service(self) -> bool:
        """Whether it is a service for the whole site, over any link."""
        return bool(self.service) and not self.link

    def __str__(self) -> str:
        return f"{self.site}/{self.link}/{self.service}".rstrip("/")


def subject_from(written: str) -> Subject:
    """Return a subject from its ``str`` form."""
    site, _, rest = written.partition("/")
    link, _, service = rest.partition("/")
    return Subject(site=site, link=link, service=service)
