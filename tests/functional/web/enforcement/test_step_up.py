"""What asks for a fresh sign-in, and what does not, as the section "Step-up" of `permissions.md` says."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from advisoryhub_core.accounts.people import ban_user, unban_user
from advisoryhub_core.advisories.lifecycle import reopen_advisory
from advisoryhub_core.advisories.withdrawal import approve_withdrawal, withdraw_advisory
from advisoryhub_core.errors import StepUpRequired
from advisoryhub_core.ops.maintenance import set_maintenance
from advisoryhub_publishing import services as publishing
from advisoryhub_publishing.models import PublicationTask
from tests.functional.web.enforcement.table import STATES, VIEWS, WITHDRAWN, View, wanted
from tests.functional.web.enforcement.world import REASON, Browser, World, path_of, typed
from tests.support.hub import Hub

Worlds = Callable[[str], World]


def stale_browser(here: World, role: str) -> Browser:
    """Return a browser whose person signed in to the provider ten minutes ago."""
    then = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=600)
    here.hub.provider.change_id_tokens(auth_time=int(then.timestamp()))
    try:
        return here.browser(role)
    finally:
        here.hub.provider.change_id_tokens()


def steps_up(view: View, state: str) -> bool:
    """Whether a view needs a fresh sign-in where it is allowed; of `reopen`, the end of a withdrawal does."""
    return view.step_up and (view.name != "reopen" or state in WITHDRAWN)


@pytest.mark.parametrize("role", ["mature team", "admin"])
def test_an_old_sign_in_steps_up_for_what_the_page_names_and_nothing_else(world: Worlds, role: str) -> None:
    here = world(role)
    browser = stale_browser(here, role)
    wrong = []
    for turn, view in enumerate(VIEWS):
        for fits in (True, False):
            there = [s for s in STATES if wanted(view, role, s) == "yes" and steps_up(view, s) is fits]
            for method in view.methods if there else ():
                state = there[turn % len(there)]
                path = path_of(view, here.places[state], role)
                sent = browser.send(method, path, typed(view, here.places[state]))
                stepped = sent.status_int == 303 and "/oidc/step-up/" in sent.location
                if stepped is not fits:
                    wrong.append((state, method, path, sent.status))
    assert wrong == []


@pytest.mark.parametrize("role", ["viewer", "collaborator", "team"])
def test_an_old_sign_in_is_no_way_to_learn_what_one_may_not_do(world: Worlds, role: str) -> None:
    here = world(role)
    browser = stale_browser(here, role)
    for view in VIEWS:
        refused = [state for state in STATES if wanted(view, role, state) == "no"]
        for method in view.methods if view.step_up else ():
            for state in refused:
                path = path_of(view, here.places[state], role)
                assert browser.send(method, path, typed(view, here.places[state])).status_int == 403


def _retry(act: Any, advisory_id: int) -> None:
    task = act.db.query(PublicationTask).filter_by(advisory_id=advisory_id).one()
    publishing.retry(act, task)


def _withdraw(act: Any, advisory_id: int) -> None:
    withdraw_advisory(act, advisory_id, reason=REASON)


SERVICES = {
    "publish": (publishing.publish, "draft"),
    "retry": (_retry, "draft"),
    "withdraw": (_withdraw, "published"),
    "approve a withdrawal": (approve_withdrawal, "published, withdrawal requested"),
    "un-withdraw": (reopen_advisory, "dismissed, from published"),
}


def refuse_old_sign_ins(hub: Hub, person: int, service: Callable[[Any], Any]) -> None:
    """See `service` refused for sign-ins of every age that does not count, with nothing left behind."""
    before = hub.ledger()
    now = dt.datetime.now(dt.UTC)
    for auth_time in (None, now - dt.timedelta(seconds=301), now + dt.timedelta(minutes=5)):
        with hub.acting_for(person) as act:
            identity = dataclasses.replace(act.identity, auth_time=auth_time)
            from_web = dataclasses.replace(act, identity=identity, from_web=True)
            with pytest.raises(StepUpRequired):
                service(from_web)
    assert hub.ledger() == before


@pytest.mark.parametrize("named", sorted(SERVICES))
def test_the_service_refuses_an_old_sign_in_too(world: Worlds, named: str) -> None:
    service, state = SERVICES[named]
    here = world("admin")
    key = here.hub.pk(here.places[state].advisory_id)
    refuse_old_sign_ins(here.hub, here.people["admin"], lambda act: service(act, key))


@pytest.mark.parametrize("named", ["ban", "unban", "maintenance"])
def test_acts_outside_advisories_refuse_an_old_sign_in_too(world: Worlds, named: str) -> None:
    here = world("admin")
    other = here.people["nothing"]
    acts: dict[str, Callable[[Any], Any]] = {
        "ban": lambda act: ban_user(act, other, "Tests."),
        "unban": lambda act: unban_user(act, other),
        "maintenance": lambda act: set_maintenance(act, enabled=True),
    }
    refuse_old_sign_ins(here.hub, here.people["admin"], acts[named])
