"""Version range specifiers (`vers:`), built by ourselves from intervals.

`univers` misprints some of them, and CSAF wants the canonical form: constraints sorted
ascending, unique, no spaces, `*` only alone.
"""

import re

from advisoryhub_publishing.documents.intervals import BEGINNING, CommitRange, Interval

ANY = "vers:all/*"
_RESERVED = re.compile(r"[^\x21-\x7e]|[%><=!*|,]")
# CSAF 2.0 test 6.1.31 looks for these anywhere in the lower-cased name of a product_version;
# the reference validators disagree on the list, so this is the union.
_RANGE_WORDS = ("<", ">", "after", "all", "before", "earlier", "later", "prior", "versions", "through", ".*")
_X_WILDCARD = re.compile(r"\.x\b")


def encode(version: str) -> str:
    """The version with characters that mean something in a range percent-encoded."""
    return _RESERVED.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), version)


def of_interval(scheme: str, interval: Interval) -> str:
    """`vers:<scheme>/>=A|<B` and its kin; an interval without any bound is `vers:all/*`."""
    constraints = []
    if interval.introduced != BEGINNING:
        constraints.append(f">={encode(interval.introduced)}")
    constraints.extend(f"<{encode(version)}" for version in interval.fixed)
    if interval.last_affected is not None:
        constraints.append(f"<={encode(interval.last_affected)}")
    return f"vers:{scheme}/{'|'.join(constraints)}" if constraints else ANY


def of_version(scheme: str, version: str) -> str:
    """A range that is one version."""
    return f"vers:{scheme}/{encode(version)}"


def of_commits(commits: CommitRange) -> str:
    """Commit bounds in the manner of vers, without its prefix: there is no scheme for commits."""
    bounds = (
        [f">={commit}" for commit in commits.introduced]
        + [f"<{commit}" for commit in commits.fixed]
        + [f"<={commit}" for commit in commits.last_affected]
    )
    return "|".join(bounds)


def reads_as_range(version: str) -> bool:
    """Whether CSAF's test 6.1.31 would take the name of a single version for a range."""
    name = version.lower()
    return any(word in name for word in _RANGE_WORDS) or _X_WILDCARD.search(name) is not None
