"""The CSAF product tree, and what is to be done about each product (CSAF 2.0, 3.2.2)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from advisoryhub_publishing.documents import vers
from advisoryhub_publishing.documents.context import Document, Payload
from advisoryhub_publishing.documents.errors import DocumentRefused
from advisoryhub_publishing.documents.fixes import Fixes
from advisoryhub_publishing.documents.intervals import BEGINNING, Interval
from advisoryhub_publishing.documents.subjects import Subject, project_name, subjects

Category = Literal["product_version", "product_version_range"]
_NO_FIX = "No fixed version is known."


@dataclass(frozen=True)
class Remedy:
    """What to do about an affected product (3.2.3.12)."""

    category: Literal["vendor_fix", "none_available"]
    details: str


@dataclass(frozen=True)
class Leaf:
    """A branch that holds a product; `remedy` is None for a fixed one."""

    category: Category
    branch: str
    title: str
    purl: str
    remedy: Remedy | None


@dataclass(frozen=True)
class Product:
    """A leaf of the tree with its id."""

    product_id: str
    label: str
    leaf: Leaf

    def as_branch(self) -> Document:
        return {
            "category": self.leaf.category,
            "name": self.leaf.branch,
            "product": {
                "name": self.leaf.title,
                "product_id": self.product_id,
                "product_identification_helper": {"purl": self.leaf.purl},
            },
        }


def products(payload: Payload) -> tuple[Product, ...]:
    """Every affected and fixed product, numbered in payload order.

    Raises DocumentRefused when nothing is affected: a security advisory without a product
    fails the mandatory tests 6.1.27.4 and 6.1.27.6.
    """
    found: list[Product] = []
    for label, subject in _labelled(subjects(payload)):
        found.extend(
            Product(f"CSAFPID-{number:04d}", label, leaf)
            for number, leaf in enumerate(_leaves(label, subject), start=len(found) + 1)
        )
    if not any(product.leaf.remedy for product in found):
        raise DocumentRefused("affected", "names no affected version, a CSAF security advisory needs one")
    return tuple(found)


def product_tree(payload: Payload, found: Iterable[Product]) -> Document:
    """The branches vendor → product name → version, the path that tools match on (6.3.9)."""
    by_label: dict[str, list[Document]] = {}
    for product in found:
        by_label.setdefault(product.label, []).append(product.as_branch())
    names = [
        {"category": "product_name", "name": label, "branches": leaves} for label, leaves in by_label.items()
    ]
    return {"branches": [{"category": "vendor", "name": project_name(payload), "branches": names}]}


def product_status(found: Iterable[Product]) -> dict[str, list[str]]:
    """The ids by status; a status without a product is left out (3.2.3.9)."""
    status: dict[str, list[str]] = {}
    for product in found:
        status.setdefault("known_affected" if product.leaf.remedy else "fixed", []).append(product.product_id)
    return status


def remediations(found: Iterable[Product]) -> list[dict[str, Any]]:
    """One remediation for all products that share it; every affected product has one (6.2.2)."""
    by_remedy: dict[Remedy, list[str]] = {}
    for product in found:
        if product.leaf.remedy:
            by_remedy.setdefault(product.leaf.remedy, []).append(product.product_id)
    return [
        {"category": remedy.category, "details": remedy.details, "product_ids": ids}
        for remedy, ids in by_remedy.items()
    ]


def _labelled(found: tuple[Subject, ...]) -> Iterator[tuple[str, Subject]]:
    names = [subject.name for subject in found]
    for subject in found:
        twice = names.count(subject.name) > 1
        yield (f"{subject.name} ({subject.origin})" if twice else subject.name), subject


def _leaves(label: str, subject: Subject) -> Iterable[Leaf]:
    """The leaves of one subject, each branch once: what is affected first, then what is fixed."""
    fixes = Fixes(subject)
    leaves: dict[tuple[Category, str], Leaf] = {}
    for leaf in (*_affected_leaves(label, subject, fixes), *_fixed_leaves(label, subject, fixes)):
        leaves.setdefault((leaf.category, leaf.branch), leaf)
    return leaves.values()


def _affected_leaves(label: str, subject: Subject, fixes: Fixes) -> Iterator[Leaf]:
    update = f"Update {label} to" if subject.repo is None else f"Update {label} to a revision with commit"
    for interval in subject.intervals:
        last = () if interval.last_affected is None else (interval.last_affected,)
        remedy = _remedy(update, fixes.of_versions(interval.fixed), last)
        if interval.single is not None:
            yield _version_leaf(label, subject, interval.single, remedy)
        else:
            branch = vers.of_interval(subject.vers_scheme, interval)
            title = _interval_title(label, interval)
            yield Leaf("product_version_range", branch, title, subject.purl_of(None), remedy)
    for commits in subject.commits:
        branch = vers.of_commits(commits)
        title = f"{label} {branch.replace('|', ', ')}"
        remedy = _remedy(update, fixes.of_commits(commits), commits.last_affected)
        yield Leaf("product_version_range", branch, title, subject.purl_of(None), remedy)
    # Made once: with thousands of versions, the sentence that names all fixes is long.
    any_fix = _remedy(update, fixes.all, ())
    for version in subject.versions:
        fixed = fixes.of_version(version)
        remedy = any_fix if fixed is fixes.all else _remedy(update, fixed, ())
        yield _version_leaf(label, subject, version, remedy)


def _fixed_leaves(label: str, subject: Subject, fixes: Fixes) -> Iterator[Leaf]:
    for version in fixes.all:
        yield _version_leaf(label, subject, version, None)


def _version_leaf(label: str, subject: Subject, version: str, remedy: Remedy | None) -> Leaf:
    title, purl = f"{label} {version}", subject.purl_of(version)
    if vers.reads_as_range(version):
        return Leaf(
            "product_version_range", vers.of_version(subject.vers_scheme, version), title, purl, remedy
        )
    return Leaf("product_version", version, title, purl, remedy)


def _interval_title(label: str, interval: Interval) -> str:
    bounds = [f">= {interval.introduced}"] if interval.introduced != BEGINNING else []
    bounds.extend(f"< {version}" for version in interval.fixed)
    if interval.last_affected is not None:
        bounds.append(f"<= {interval.last_affected}")
    return f"{label} {', '.join(bounds)}" if bounds else f"{label}, all versions"


def _remedy(update: str, fixed: tuple[str, ...], last_affected: tuple[str, ...]) -> Remedy:
    if fixed:
        return Remedy("vendor_fix", f"{update} {' or '.join(fixed)}.")
    if last_affected:
        return Remedy("none_available", f"{_NO_FIX} Last known to be affected: {', '.join(last_affected)}.")
    return Remedy("none_available", _NO_FIX)
