from __future__ import annotations

import pytest
from tests.browser.conftest import Site
from tests.browser.checks import examine

pytestmark = pytest.mark.browser


def test_x(site: Site) -> None:
    project = site.hub.project(mature=True)
    page = site.open()
    page.goto(site.url + "/")
    examine(page, "start")
    member = site.hub.member(project)
    site.sign_in(page, member)
    print(page.url)
    examine(page, "list empty")
    page.get_by_role("link", name="New advisory").click()
    examine(page, "form empty")
