"""Who acts in the demonstration: the people whom the development identity provider signs in."""

from __future__ import annotations

from typing import Any

from advisoryhub_core.accounts.models import User
from advisoryhub_core.accounts.oidc.claims import Profile
from advisoryhub_core.accounts.services import sign_in
from advisoryhub_core.accounts.settings import ADMIN_GROUP
from advisoryhub_core.acts import Act
from advisoryhub_embedded.constants import ADMIN_GROUP as EMBEDDED_ADMIN_GROUP
from advisoryhub_embedded.people import DEMO_PEOPLE, Person

ADMIN, JETTY_MEMBER, MOSQUITTO_MEMBER, COLLABORATOR, NOBODY = DEMO_PEOPLE

ACTORS = (ADMIN, JETTY_MEMBER, MOSQUITTO_MEMBER, COLLABORATOR)
"""Those who have done something in the hub; `NOBODY` is unknown to it until they sign in."""


def arrive(act: Act, person: Person) -> User:
    """Sign a person in as the identity provider would vouch for them, and return their account.

    Raises `SignInNotAllowed` where the address belongs to somebody else already.
    """
    return sign_in(
        act,
        Profile(
            subject=person.subject,
            email=person.email,
            email_verified=person.email_verified,
            name=person.name,
            groups=_groups(act.registry, person),
            email_usable=person.email_verified,
        ),
    )


def _groups(registry: Any, person: Person) -> tuple[str, ...]:
    """Return a person's groups, with the admin group that this hub is configured for."""
    configured = ADMIN_GROUP.of(registry)
    return tuple(configured if group == EMBEDDED_ADMIN_GROUP else group for group in person.groups)
