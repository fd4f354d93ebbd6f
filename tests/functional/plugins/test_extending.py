"""What a plugin adds, as people meet it: narrowed rights, vetoes, documents, panels, pages, commands."""

from __future__ import annotations

import json
import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from advisoryhub_core.plugins.api import Act, Cap, Conflict, Facts, Panel, State
from tests.functional.plugins.conftest import MakeHub
from tests.functional.plugins.kit import Plugin
from tests.support.hub import Hub, csrf


def publish(hub: Hub, advisory_id: str, by: int, status: int) -> Any:
    browser = hub.browser_as(by)
    token = csrf(browser.get("/accounts/me/"))
    return browser.post(
        f"/advisories/{advisory_id}/publish/", {"csrf_token": token, "confirm": advisory_id}, status=status
    )


def mature_draft(hub: Hub) -> tuple[str, int]:
    project = hub.project(mature=True)
    member = hub.member(project)
    return hub.draft(project, by=member), member


@pytest.mark.invariant("INV-PLUGIN-2")
def test_a_capability_is_narrowed_by_state_for_everybody(make_hub: MakeHub) -> None:
    def drafts_only(facts: Facts) -> bool:
        return facts.state is State.DRAFT

    def everything(_facts: Facts) -> bool:
        return True

    def includeme(config: Any) -> None:
        config.add_capability_rule(Cap.EDIT, drafts_only)
        config.add_capability_rule(Cap.VIEW, everything)
        config.add_capability_rule(Cap.PUBLISH, everything)

    with make_hub(Plugin("narrow", includeme)) as hub:
        project = hub.project()
        draft, published = hub.in_state(project, State.DRAFT), hub.in_state(project, State.PUBLISHED)
        for person in (hub.member(project), hub.admin()):
            browser = hub.browser_as(person)
            browser.get(f"/advisories/{draft}/edit/", status=200)
            browser.get(f"/advisories/{published}/edit/", status=403)
            assert f"/advisories/{published}/edit/" not in browser.get(f"/advisories/{published}/").text
        hub.browser_as(hub.person()).get(f"/advisories/{draft}/", status=404)
        hub.browser_as(hub.member(project)).get(f"/advisories/{draft}/publish/", status=403)


def test_a_gate_vetoes_a_publication_with_its_words(make_hub: MakeHub) -> None:
    seen: list[str] = []

    def gate(_act: Act, advisory: Any) -> None:
        seen.append(advisory.advisory_id)
        raise Conflict("The moon is not right.")

    with make_hub(Plugin("gate", lambda config: config.add_publish_gate("moon", gate))) as hub:
        advisory_id, member = mature_draft(hub)
        answer = publish(hub, advisory_id, member, 409)
        assert "The moon is not right." in answer.text
        assert seen == [advisory_id]
        assert hub.run_jobs("publishing") == 0
        assert "publication.requested" not in hub.ledger(advisory_id)


class MoonFormat:
    """A document of a plugin's own; `problem` is what its validation finds."""

    def __init__(self, problem: str = "") -> None:
        self.problem = problem
        self.validated: list[Any] = []

    def build(self, payload: Any, publication: Any, publisher: Any) -> dict[str, Any]:
        return {
            "moon": payload["summary"],
            "by": publisher.name,
            "revision": publication.revisions[-1].number,
        }

    def validate(self, document: Any) -> list[Any]:
        self.validated.append(document)
        if not self.problem:
            return []
        return [SimpleNamespace(level="error", rule="moon-1", place="moon", message=self.problem)]

    def path(self, payload: Any, _publication: Any) -> str:
        return f"moon/{payload['advisory_id']}.json"

    def includeme(self, config: Any) -> None:
        config.add_export_format("moon", self.build, self.validate, self.path)


def test_a_further_document_is_validated_and_pushed_with_the_others(make_hub: MakeHub) -> None:
    moon = MoonFormat()
    with make_hub(Plugin("moon", moon.includeme)) as hub:
        advisory_id, member = mature_draft(hub)
        publish(hub, advisory_id, member, 303)
        moon.validated.clear()
        assert hub.run_jobs("publishing") == 1
        assert len(moon.validated) == 1
        written = subprocess.run(
            ["git", "-C", str(hub.repository), "show", f"main:moon/{advisory_id}.json"],
            check=True,
            capture_output=True,
        )
        assert json.loads(written.stdout) == moon.validated[0]
        detail = hub.browser_as(member).get(f"/advisories/{advisory_id}/")
        links = [link["href"] for link in detail.html.find("ul", class_="artifacts").find_all("a")]
        assert any("/artifact/moon/" in link for link in links)


@pytest.mark.invariant("INV-PUB-6")
def test_a_further_document_that_is_not_valid_stops_the_push(make_hub: MakeHub) -> None:
    moon = MoonFormat()
    with make_hub(Plugin("moon", moon.includeme)) as hub:
        advisory_id, member = mature_draft(hub)
        publish(hub, advisory_id, member, 303)
        moon.problem = "it is not made of cheese"
        hub.run_jobs()
        refs = subprocess.run(
            ["git", "-C", str(hub.repository), "for-each-ref"], check=True, capture_output=True
        )
        assert refs.stdout == b""
        assert "it is not made of cheese" in hub.browser_as(member).get(f"/advisories/{advisory_id}/").text
        assert "publication.failed" in hub.ledger(advisory_id)


def test_panels_and_navigation_are_shown_to_those_who_may(make_hub: MakeHub) -> None:
    def includeme(config: Any) -> None:
        config.add_advisory_panel(
            "owners", lambda *_: Panel(name="owners", title="For owners", html="<b>x</b>"), Cap.MANAGE_ACCESS
        )
        config.add_advisory_panel("empty", lambda *_: None, Cap.VIEW)
        config.add_nav_item("console", "The console", "/console/", capability=Cap.ADMIN)
        config.add_nav_item("stars", "The stars", "/stars/", order=1)
        config.add_asset("moon", "advisoryhub_core.web", "static", files=("hub.css",))

    with make_hub(Plugin("panels", includeme)) as hub:
        project = hub.project()
        member, viewer = hub.member(project), hub.person()
        advisory_id = hub.draft(project, by=member)
        hub.grant(advisory_id, viewer)
        owner_page = hub.browser_as(member).get(f"/advisories/{advisory_id}/")
        viewer_page = hub.browser_as(viewer).get(f"/advisories/{advisory_id}/")
        assert "For owners" in owner_page.text
        assert "For owners" not in viewer_page.text
        # What a plugin did not render through a template is text.
        assert "<b>x</b>" not in owner_page.text
        for page in (owner_page, viewer_page):
            assert "The console" not in page.text
            assert page.text.index("The stars") < page.text.index("Advisories")
            assert hub.registry.static_files.url("moon/hub.css") in page.text
        assert "The console" in hub.browser_as(hub.admin()).get("/advisories/").text
