"""What is registered, read from the application's introspector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyramid.interfaces import IExceptionResponse


def registered_views(registry: Any) -> Iterator[tuple[Any, tuple[str, str], list[Any]]]:
    """Yield each view that a URL can reach: introspectable, context and name, and its permissions."""
    for entry in registry.introspector.get_category("views"):
        view = entry["introspectable"]
        context = view["context"]
        if view["exception_only"] or (isinstance(context, type) and issubclass(context, Exception)):
            continue
        if context is IExceptionResponse:
            continue
        related = [r for r in entry["related"] if r.category_name == "permissions"]
        yield view, (context.__name__, view["name"]), [r["value"] for r in related]


def methods_of(view: Any) -> set[str]:
    methods = view["request_methods"]
    return {methods} if isinstance(methods, str) else set(methods or ())


def addresses(registry: Any) -> Iterator[tuple[str, str, str, str]]:
    """Yield context, name, method and, where the form chooses the view, the value of its `act`."""
    for view, (context, name), _permissions in registered_views(registry):
        asked = view.get("request_param") or ()
        asked = (asked,) if isinstance(asked, str) else asked
        act = next((text.partition("=")[2] for text in asked if text.startswith("act=")), "")
        for method in methods_of(view) - {"HEAD"}:
            yield context, name, method, act
