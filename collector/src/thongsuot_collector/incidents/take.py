"""Taking rewrites: from what changed in the timeline to the troubles that it changes."""

from thongsuot_collector.incidents.book import Book
from thongsuot_collector.incidents.trouble import Trouble, drafts, gone, meet, trouble_of
from thongsuot_collector.timeline.interval import Rewrite


def take(book: Book, rewrite: Rewrite) -> set[str]:
    """
    Take one rewrite; return the names of the troubles to look at again.

    A trouble that the rewrite shows otherwise keeps its name; one that it shows no more is gone.
    Whoever else is in trouble at the same site is looked at too: what is left of it counts.
    """
    subject, now_ns = rewrite.subject, book.picture.now_ns
    if rewrite.until_ns is None and rewrite.intervals:
        book.picture.stand(subject, rewrite.intervals[-1])
    known = [one for one in book.troubles_of(subject) if _is_inside(one, rewrite)]
    touched: set[str] = set()
    for draft in drafts(rewrite, book.calm_ns):
        same = next((one for one in known if meet(one, draft, book.calm_ns)), None)
        if same is not None:
            known.remove(same)
        trouble = trouble_of(draft, subject, same, rewrite.proofs, now_ns)
        if same is None and trouble.id in book.troubles:
            # It was thought to be gone, and has come back.
            trouble = trouble_of(draft, subject, book.troubles[trouble.id], rewrite.proofs, now_ns)
        book.put_trouble(trouble)
        touched.add(trouble.id)
    for one in known:
        if not one.is_gone:
            book.put_trouble(gone(one))
            touched.add(one.id)
    return touched | _neighbours(book, rewrite)


def _is_inside(trouble: Trouble, rewrite: Rewrite) -> bool:
    """Return whether a rewrite speaks of the time of a trouble."""
    ends_before = trouble.end_ns is not None and trouble.end_ns <= rewrite.from_ns
    starts_after = rewrite.until_ns is not None and trouble.start_ns >= rewrite.until_ns
    return not (ends_before or starts_after)


def _neighbours(book: Book, rewrite: Rewrite) -> set[str]:
    picture, site = book.picture, rewrite.subject.site
    subjects = picture.subjects_of(site)
    return {one.id for one in map(picture.trouble_of, subjects) if one is not None}
