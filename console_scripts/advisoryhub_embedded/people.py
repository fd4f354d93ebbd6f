"""The people of the demonstration, as the development identity provider knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from advisoryhub_embedded.constants import ADMIN_GROUP


@dataclass(frozen=True)
class Project:
    """A project of the demonstration and the group of its security team."""

    slug: str
    name: str

    @property
    def team(self) -> str:
        return f"{self.slug}-security@eclipse.org"

    @property
    def team_role(self) -> str:
        return f"{self.name} security team"


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in; `claims` are added to the standard ones, and win over them."""

    subject: str
    name: str
    email: str
    role: str = ""
    groups: tuple[str, ...] = ()
    email_verified: bool = True
    claims: Mapping[str, Any] = field(default_factory=dict)


JETTY = Project("technology.jetty", "Eclipse Jetty")
MOSQUITTO = Project("iot.mosquitto", "Eclipse Mosquitto")
PROJECTS = (JETTY, MOSQUITTO)

DEMO_PEOPLE = (
    Person("demo-alma", "Alma Admin", "alma@example.org", "administrator", (ADMIN_GROUP,)),
    Person("demo-jonas", "Jonas Jetty", "jonas@example.org", JETTY.team_role, (JETTY.team,)),
    Person("demo-mira", "Mira Mosquitto", "mira@example.org", MOSQUITTO.team_role, (MOSQUITTO.team,)),
    Person("demo-colin", "Colin Collaborator", "colin@example.com", "external collaborator"),
    Person("demo-nora", "Nora Nobody", "nora@example.net", "no group and no grant"),
)
