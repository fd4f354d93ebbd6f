"""Maintenance mode: its one row, its switch, and the tween that holds changes back (INV-MAINT-1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from pyramid.traversal import traversal_path_info
from pyramid.tweens import MAIN
from sqlalchemy import select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from advisoryhub_core.acts import Act
from advisoryhub_core.advisories.payload.kinds import Text
from advisoryhub_core.audit.services import record
from advisoryhub_core.db.base import Base, restricted_key
from advisoryhub_core.errors import HubError, NotPermitted, ServiceUnavailable
from advisoryhub_core.forms import form, read
from advisoryhub_core.web.pages import MaintenanceNotice, _

log = structlog.get_logger(__name__)

Handler = Callable[[Any], Any]

MESSAGE_LENGTH = 500
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# Signing in and out, what watches the hub, and what GitHub delivers go on.
# Segments, as the traverser reads the path, so that `/oidc/../advisories/` is what it leads to.
_OPEN = (("oidc",), ("healthz",), ("readyz",), ("metrics",), ("static",), ("ghsa", "webhook"))
_WITHOUT_PAGES = frozenset({("healthz",), ("readyz",), ("metrics",)})
_STATE = "hub.maintenance"
_READ = text("SELECT message, enabled_at FROM maintenance_mode WHERE enabled_at IS NOT NULL")


class MaintenanceMode(Base):
    """The one row there is; on while `enabled_at` is set. Without a person it was a command."""

    __tablename__ = "maintenance_mode"

    only_row: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    message: Mapped[str] = mapped_column(server_default="")
    enabled_at: Mapped[dt.datetime | None]
    enabled_by_id: Mapped[int | None] = mapped_column(restricted_key("users.id"))


class UnderMaintenance(HubError):
    """Changes are paused for everybody but administrators."""

    code = "maintenance"
    status = 503
    retry_after = 3600

    def __init__(self, message: str) -> None:
        super().__init__(
            _(
                "maintenance-refused",
                default="The hub is being maintained and takes no changes right now. ${message}",
                mapping={"message": message},
            )
            if message
            else _(
                "maintenance-refused-plain",
                default="The hub is being maintained and takes no changes right now.",
            )
        )


@dataclass(frozen=True)
class Maintenance:
    """Maintenance mode that is on: what an administrator wrote, and since when."""

    message: str
    since: dt.datetime


def current(connection: Connection | Session) -> Maintenance | None:
    """Return the maintenance mode that is on, read from the database; None while it is off."""
    row: Any = connection.execute(_READ).one_or_none()
    return None if row is None else Maintenance(row.message, row.enabled_at)


_schema = form(message=Text(MESSAGE_LENGTH))


def set_maintenance(act: Act, *, enabled: bool, message: str = "") -> bool:
    """Switch maintenance mode on or off; return whether anything changed (INV-MAINT-1).

    Switching it on again with another message changes the message. Written to the ledger where something
    changed. Raises `NotPermitted` for all but administrators and commands, `StepUpRequired`, and
    `PayloadInvalid` for a message that is no line of at most `MESSAGE_LENGTH` characters.
    """
    if not (act.identity.is_admin or act.identity.is_system):
        raise NotPermitted("Only administrators switch maintenance mode.")
    act.require_step_up()
    wanted = read(_schema, {"message": message})["message"] if enabled else ""
    row = act.db.scalars(
        select(MaintenanceMode).with_for_update().execution_options(populate_existing=True)
    ).one()
    was_on = row.enabled_at is not None
    if (was_on, row.message) == (enabled, wanted):
        return False
    previous = {"enabled": was_on, "message": row.message}
    row.message = wanted
    if enabled != was_on:
        row.enabled_at = act.now() if enabled else None
        row.enabled_by_id = act.identity.user_id if enabled else None
    act.db.flush()
    record(
        act,
        "maintenance.enabled" if enabled else "maintenance.disabled",
        previous=previous,
        new={"enabled": enabled, "message": wanted},
    )
    return True


def maintenance_tween_factory(handler: Handler, _registry: Any) -> Handler:
    """Answer 503 to what is not safe, unless an administrator asks, before any view runs.

    For other requests it looks up what the page's banner says, here and not when the page is rendered:
    then the request would hold one connection and wait for a second.
    """

    def tween(request: Any) -> Any:
        segments = traversal_path_info(request.environ["PATH_INFO"])
        if request.method in _SAFE_METHODS:
            if segments[:1] not in _WITHOUT_PAGES:
                _state_for_page(request)
        elif not any(segments[: len(open_)] == open_ for open_ in _OPEN):
            with request.registry.db_engine.connect() as connection:
                on = request.environ[_STATE] = current(connection)
            if on is not None and not _is_administrator(request):
                raise UnderMaintenance(on.message)
        return handler(request)

    return tween


def notice(request: Any) -> MaintenanceNotice | None:
    """Return the banner of a page, None while maintenance mode is off."""
    on = _state_for_page(request)
    if on is None:
        return None
    if request.identity is not None and request.identity.is_admin:
        said = _(
            "maintenance-banner-admin",
            default="Maintenance mode is on: only administrators can change anything.",
        )
    else:
        said = _(
            "maintenance-banner",
            default="This hub is being maintained: you can read, and changes are paused for now.",
        )
    return MaintenanceNotice(said, on.message)


def _state_for_page(request: Any) -> Maintenance | None:
    """Read once per request; a page does without the banner where the database does not answer."""
    if _STATE not in request.environ:
        try:
            with request.registry.db_engine.connect() as connection:
                request.environ[_STATE] = current(connection)
        except SQLAlchemyError as error:
            log.warning("maintenance_unknown", error=type(error).__name__)
            request.environ[_STATE] = None
    found: Maintenance | None = request.environ[_STATE]
    return found


def _is_administrator(request: Any) -> bool:
    try:
        identity = request.identity
    except ServiceUnavailable:
        # Without the session store nobody is known.
        return False
    return identity is not None and identity.is_admin


def includeme(config: Any) -> None:
    config.add_tween(
        "advisoryhub_core.ops.maintenance.maintenance_tween_factory",
        under="advisoryhub_core.web.tweens.sanity_tween_factory",
        over=MAIN,
    )
