"""The set-based twin: everybody's standing at once is what each person's facts are alone."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from advisoryhub_core.advisories.permissions import Role
from advisoryhub_core.advisories.queries import capabilities_of, capabilities_on, facts_about, standings_on
from tests.support.hub import ADMINS, Hub, team_of

READERS = "readers@example.org"

person = st.fixed_dictionaries(
    {
        "groups": st.sets(st.sampled_from(["team", "suggested", "readers", "admins", "other"])),
        "grant": st.sampled_from([None, "viewer", "collaborator"]),
        "fate": st.sampled_from(
            ["", "", "", "banned_at = now()", "is_provisioned = true", "is_active = false"]
        ),
    }
)


@pytest.mark.invariant("INV-PRIVACY-2")
@pytest.mark.invariant("INV-AUTH-1")
@pytest.mark.invariant("INV-AUTH-4")
@pytest.mark.invariant("INV-OIDC-5")
def test_both_ways_of_asking_agree(hub: Hub) -> None:
    slug, suggested, other = hub.project(), hub.project(), hub.project()
    names = {
        "team": team_of(slug),
        "suggested": team_of(suggested),
        "readers": READERS,
        "admins": ADMINS,
        "other": team_of(other),
    }
    hub.person(READERS)
    hub.admin()
    advisory_id = hub.draft(slug)
    before = hub.registry.settings["review.admins_need_review"]

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        people=st.lists(person, min_size=1, max_size=5),
        by_group=st.sampled_from([None, "viewer", "collaborator"]),
        needs_review=st.booleans(),
        asks=st.booleans(),
    )
    def agree(people: list[dict[str, object]], by_group: str | None, needs_review: bool, asks: bool) -> None:
        hub.registry.settings["review.admins_need_review"] = needs_review
        ids = [hub.person(*(names[name] for name in sorted(who["groups"]))) for who in people]  # type: ignore[call-overload]
        with hub.system() as act:
            act.db.execute(text("DELETE FROM grants"))
        for user_id, who in zip(ids, people, strict=True):
            if who["grant"]:
                hub.grant(advisory_id, user_id, str(who["grant"]))
        if by_group:
            hub.grant_group(advisory_id, READERS, by_group)
        with hub.system() as act:
            act.db.execute(
                text(
                    "UPDATE advisories SET reassignment_requested_at = now(),"
                    " reassignment_requested_by_id = :by,"
                    " reassignment_suggested_id = (SELECT id FROM projects WHERE slug = :slug)"
                ),
                {"by": ids[0] if asks else None, "slug": suggested},
            )
            for user_id, who in zip(ids, people, strict=True):
                if who["fate"]:
                    act.db.execute(text(f"UPDATE users SET {who['fate']} WHERE id = :id"), {"id": user_id})
        alive = [user_id for user_id, who in zip(ids, people, strict=True) if not who["fate"]]
        with hub.system() as act:
            row = hub.row(act, advisory_id)
            everybody = standings_on(act.db, hub.registry, row)
            some = standings_on(act.db, hub.registry, row, ids)
            assert some == {who: standing for who, standing in everybody.items() if who in ids}
            for user_id in set(ids) - set(alive):
                assert user_id not in everybody
            for user_id in alive:
                identity = hub.identity(user_id)
                alone = facts_about(act.db, hub.registry, identity, row)
                if alone.role is Role.NONE:
                    assert user_id not in everybody
                    continue
                assert everybody[user_id].facts == alone
                caps = capabilities_on(act.db, hub.registry, identity, row)
                assert capabilities_of(hub.registry, everybody[user_id]) == caps

    try:
        agree()
    finally:
        hub.registry.settings["review.admins_need_review"] = before


def test_the_last_editor_is_known(hub: Hub) -> None:
    slug = hub.project()
    admin = hub.admin()
    advisory_id = hub.draft(slug, by=admin)
    hub.set_settings(**{"review.admins_need_review": True})
    try:
        with hub.system() as act:
            row = hub.row(act, advisory_id)
            standing = standings_on(act.db, hub.registry, row)[admin]
            assert standing.facts == facts_about(act.db, hub.registry, hub.identity(admin), row)
            assert standing.facts.last_editor
    finally:
        hub.set_settings(**{"review.admins_need_review": False})
