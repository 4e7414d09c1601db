"""
Builds the documentation as a site: ``./run docs [FOLDER]``; ``mkdocs.yml`` names this module as its
hook.

A link from a page to a file of the repository that is not part of the site is shown as the file's
name: the collector serves the site where there is no repository. The site has no links to other
hosts, and a second run produces the same bytes.
"""

import os
import posixpath
import re
import subprocess
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
SITE = "build/docs"

SECTIONS = (
    ("Tutorial", "tutorial", False),
    ("How-to", "how-to", False),
    ("Explanation", "explanation", False),
    ("Reference", "reference", False),
    ("Runbook", "runbook", True),
    ("Tiếng Việt", "vi", False),
    ("Decisions", "decisions", False),
)
"""Title, folder, and whether there is a page with the folder's name beside it."""

_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
_FOREIGN = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=["']?(https?:)?//""")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Set the site's navigation; a hook of MkDocs. A new page needs no entry anywhere."""
    folder = Path(config.docs_dir)
    index = (folder / "index.md").read_text("utf-8")
    config.nav = [
        "index.md",
        *(
            {title: _pages(folder, name, index, [f"{name}.md"] if is_topped else [])}
            for title, name, is_topped in SECTIONS
        ),
    ]
    return config


def _pages(folder: Path, name: str, index: str, first: list[str]) -> list[object]:
    """
    Return the pages of a folder in the order of its index, then those that it does not list, by
    name.
    """
    pages = [str(path.relative_to(folder)) for path in sorted((folder / name).glob("*.md"))]
    place = {page: index.find(f"({page})") for page in pages}
    pages.sort(key=lambda page: (not page.endswith("README.md"), place[page] < 0, place[page]))
    kinds = [path for path in sorted((folder / name).iterdir()) if path.is_dir()]
    return [
        *first,
        *pages,
        *(
            {kind.name.capitalize(): _pages(folder, str(kind.relative_to(folder)), index, [])}
            for kind in kinds
        ),
    ]


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """
    Return a page's text with links that leave the site replaced by plain text; a hook of MkDocs.
    """
    folder = posixpath.dirname(page.file.src_uri)
    pages = {file.src_uri for file in files}

    def shown(match: re.Match[str]) -> str:
        target = match["target"]
        if re.match(r"[a-z]+:", target):
            return match[0]
        path = posixpath.normpath(posixpath.join(folder, target))
        if path in pages:
            return match[0]
        if f"{path}/README.md" in pages:
            return f"[{match['text']}]({target.rstrip('/')}/README.md{match['anchor'] or ''})"
        return match["text"] if (Path(config.docs_dir) / folder / target).exists() else match[0]

    return _LINK.sub(shown, markdown)


def foreign(site: Path) -> list[str]:
    """Return the pages of a site that would load something from another host."""
    return [
        str(page.relative_to(site))
        for page in sorted(site.rglob("*.html"))
        if _FOREIGN.search(page.read_text("utf-8"))
    ]


def build(folder: Path) -> None:
    """
    Build the site in a folder.

    Raises:
        CalledProcessError: a page is missing from the navigation, or a link is broken.
        SystemExit: a page would load something from another host.
    """
    # Dates and the sitemap's times are those of the sources, not of the build.
    environment = {"SOURCE_DATE_EPOCH": "0", **os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--clean")
    subprocess.run((*command, "--site-dir", str(folder)), check=True, cwd=ROOT, env=environment)
    # The sitemap contains the day of the build; source maps of scripts are for their developers.
    for stray in (*folder.glob("sitemap.xml*"), *folder.rglob("*.map")):
        stray.unlink()
    if pages := foreign(folder):
        raise SystemExit(f"these pages load something from elsewhere: {', '.join(pages)}")


def main(arguments: list[str]) -> int:
    """Build the site; ``arguments``: the folder, if not the default."""
    folder = Path(arguments[0]).absolute() if arguments else ROOT / SITE
    build(folder)
    print(f"docs: {folder}/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
