"""View options: a policy becomes a keyword of `view_config`, visible to tools in the introspector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def step_up_view(view: Callable[..., Any], info: Any) -> Callable[..., Any]:
    """`step_up=True`: the view runs only after a fresh sign-in.

    The service behind it checks again: a view may forget the option, a task passes no view.
    """
    if not info.options.get("step_up"):
        return view

    def wrapped(context: Any, request: Any) -> Any:
        request.act.require_step_up()
        return view(context, request)

    return wrapped


step_up_view.options = ("step_up",)  # type: ignore[attr-defined]  # how Pyramid learns a deriver's options
