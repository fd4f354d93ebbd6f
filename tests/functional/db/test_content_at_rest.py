"""What the database does not hide: content is plain columns, and the documents for operators say so."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from tests.house.tree import ROOT
from tests.support.hub import Hub

SECRET = "Folding is undone after the length was checked"


@pytest.mark.invariant("INV-CONF-1")
def test_the_owner_reads_what_people_wrote_with_plain_sql(hub: Hub) -> None:
    hub.draft(hub.project(), details=SECRET)
    owner = create_engine(hub.registry.owner_url)
    with owner.connect() as connection:
        assert connection.scalars(text("SELECT details FROM advisories")).all() == [SECRET]
        pinned = connection.scalars(text("SELECT payload ->> 'details' FROM advisory_versions"))
        assert pinned.all() == [SECRET]
    owner.dispose()


@pytest.mark.invariant("INV-CONF-1")
def test_operators_are_told_that_confidentiality_at_rest_is_theirs() -> None:
    page = (ROOT / "docs" / "operations" / "index.md").read_text(encoding="utf-8")
    section = page.partition("\n## Content at rest\n")[2].partition("\n## ")[0]
    said = " ".join(section.split())
    assert "plain columns" in said
    for whats_theirs in ("disks", "backups", "owner"):
        assert whats_theirs in said
