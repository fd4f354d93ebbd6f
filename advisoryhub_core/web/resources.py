"""The traversal tree: a resource knows its parent, its name and its ACL, and finds its children."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pyramid.authorization import ALL_PERMISSIONS, DENY_ALL, Allow, Everyone

from advisoryhub_core.advisories.permissions import Cap, site_capabilities

ACE = tuple[Any, ...]
Factory = Callable[[Any, "Resource", str], "Resource"]

__all__ = ["ALL_PERMISSIONS", "Factory", "Resource", "Root", "add_resource_child", "closed_acl"]


def closed_acl(caps: Iterable[Cap]) -> list[ACE]:
    """Return an ACL that grants `caps` and nothing else.

    It ends in DENY_ALL, because grants on a parent are inherited otherwise. What is granted was computed
    for the person of this request, so it is granted to whoever asks.
    """
    return [(Allow, Everyone, tuple(caps)), DENY_ALL]


class Resource:
    """A node. Subclasses override `lookup` for children that are rows, and `caps` for what is granted."""

    def __init__(self, request: Any, parent: Resource | None, name: str) -> None:
        self.request = request
        self.__parent__ = parent
        self.__name__ = name

    def __getitem__(self, name: str) -> Resource:
        factory = resource_children(self.request.registry).get((type(self), name))
        return factory(self.request, self, name) if factory else self.lookup(name)

    def lookup(self, name: str) -> Resource:
        """Return the child called `name`; raise `KeyError` where there is none one may see."""
        raise KeyError(name)

    def caps(self) -> Iterable[Cap]:
        """Return the capabilities of this request's person on this node; by default none."""
        return ()

    def __acl__(self) -> list[ACE]:
        # Pyramid asks on each check; the answer cannot change within a request.
        cached: list[ACE] | None = self.__dict__.get("_acl")
        if cached is None:
            cached = self.__dict__["_acl"] = closed_acl(self.caps())
        return cached


class Root(Resource):
    """`/`. Grants what a person may do outside any one advisory."""

    def __init__(self, request: Any) -> None:
        super().__init__(request, None, "")

    def caps(self) -> Iterable[Cap]:
        return site_caps(self.request)


def site_caps(request: Any) -> frozenset[Cap]:
    """Return the capabilities of this request's person outside any one advisory."""
    identity = request.identity
    return site_capabilities(
        signed_in=identity is not None,
        admin=identity is not None and identity.is_admin,
        on_a_team=identity is not None and bool(identity.team_project_ids),
    )


def add_resource_child(config: Any, parent: type[Resource], name: str, factory: Factory) -> None:
    """Directive: add a node `name` below every resource of type `parent`.

    `factory(request, parent_resource, name)` returns the child.
    """
    children = resource_children(config.registry)
    introspectable = config.introspectable(
        "advisoryhub resource children", (parent, name), f"{parent.__name__}/{name}", "resource child"
    )
    config.action(
        ("advisoryhub.resource_child", parent, name),
        children.__setitem__,
        ((parent, name), factory),
        introspectables=(introspectable,),
    )


def resource_children(registry: Any) -> dict[tuple[type[Resource], str], Factory]:
    if not hasattr(registry, "hub_resource_children"):
        registry.hub_resource_children = {}
    return registry.hub_resource_children  # type: ignore[no-any-return]  # the registry is untyped
