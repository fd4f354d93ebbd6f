"""The public plugin API: everything a plugin may import from the core.

The built-in plugins use nothing else but this and its siblings `formats` (light, for document builders)
and `migrations`; import-linter holds them to it. What is listed here follows
semantic versioning; the rest of `advisoryhub_core` may change at any time.
"""

from __future__ import annotations

from advisoryhub_core.accounts.identity import Identity, load_identity
from advisoryhub_core.accounts.models import User
from advisoryhub_core.accounts.settings import ADMIN_GROUP
from advisoryhub_core.acts import Act, Origin
from advisoryhub_core.advisories.lifecycle import mark_published
from advisoryhub_core.advisories.models import Advisory, AdvisoryVersion
from advisoryhub_core.advisories.pages import (
    AdvisoryHeading,
    DocumentCheck,
    Problem,
    PublishPage,
    field_label,
)
from advisoryhub_core.advisories.payload.readiness import Missing, readiness
from advisoryhub_core.advisories.payloads import pinned
from advisoryhub_core.advisories.permissions import Cap, Facts, Role
from advisoryhub_core.advisories.presenters import heading, person
from advisoryhub_core.advisories.queries import capabilities_on, find_visible, version_of
from advisoryhub_core.advisories.resources import AdvisoryResource
from advisoryhub_core.advisories.services import Locked, lock
from advisoryhub_core.advisories.states import Kind, ReviewStatus, State
from advisoryhub_core.advisories.withdrawal import mark_withdrawn
from advisoryhub_core.audit.actions import Tier
from advisoryhub_core.audit.sentences import Sentence
from advisoryhub_core.audit.services import record
from advisoryhub_core.db.base import (
    Base,
    BigId,
    CreatedAt,
    Json,
    JsonList,
    enum_column,
    restricted_key,
)
from advisoryhub_core.db.session import system_scope
from advisoryhub_core.errors import Conflict, HubError, NotFound, NotPermitted, NotReady
from advisoryhub_core.events import (
    AdvisoryCreated,
    AdvisoryEdited,
    ExportFailed,
    ExportRequested,
    ExportSucceeded,
    ProjectUpdated,
    Published,
    PublishRequested,
    StateChanged,
    UserBanned,
    UserSignedIn,
    UserUnbanned,
    Withdrawn,
)
from advisoryhub_core.jobs.context import RetryLater, TaskContext
from advisoryhub_core.jobs.queue import enqueue, send
from advisoryhub_core.notifications.channels import Notice, NoticeRecipient
from advisoryhub_core.notifications.kinds import Audience, NotificationKind, Switch
from advisoryhub_core.notifications.subscribers import announce
from advisoryhub_core.plugins.extensions import extensions, pass_publish_gates
from advisoryhub_core.redaction import bounded, redact_text, register_secret
from advisoryhub_core.settings import Setting, boolean, choice, integer, path, pattern, text, url, words
from advisoryhub_core.web.numbers import whole_number
from advisoryhub_core.web.pages import Act as PageAct
from advisoryhub_core.web.pages import Banner, FormField, Moment, Panel
from advisoryhub_core.web.ratelimit import Limiter, declare_limiters, limiter
from advisoryhub_core.web.request import HubRequest
from advisoryhub_core.web.resources import Resource, Root, closed_acl
from advisoryhub_core.web.templating import flash, render_markup

__all__ = [
    "ADMIN_GROUP",
    "Act",
    "Advisory",
    "AdvisoryCreated",
    "AdvisoryEdited",
    "AdvisoryHeading",
    "AdvisoryResource",
    "AdvisoryVersion",
    "Audience",
    "Banner",
    "Base",
    "BigId",
    "Cap",
    "Conflict",
    "CreatedAt",
    "DocumentCheck",
    "ExportFailed",
    "ExportRequested",
    "ExportSucceeded",
    "Facts",
    "FormField",
    "HubError",
    "HubRequest",
    "Identity",
    "Json",
    "JsonList",
    "Kind",
    "Limiter",
    "Locked",
    "Missing",
    "Moment",
    "NotFound",
    "NotPermitted",
    "NotReady",
    "Notice",
    "NoticeRecipient",
    "NotificationKind",
    "Origin",
    "PageAct",
    "Panel",
    "Problem",
    "ProjectUpdated",
    "PublishPage",
    "PublishRequested",
    "Published",
    "Resource",
    "RetryLater",
    "ReviewStatus",
    "Role",
    "Root",
    "Sentence",
    "Setting",
    "State",
    "StateChanged",
    "Switch",
    "TaskContext",
    "Tier",
    "User",
    "UserBanned",
    "UserSignedIn",
    "UserUnbanned",
    "Withdrawn",
    "announce",
    "boolean",
    "bounded",
    "capabilities_on",
    "choice",
    "closed_acl",
    "declare_limiters",
    "enqueue",
    "enum_column",
    "extensions",
    "field_label",
    "find_visible",
    "flash",
    "heading",
    "integer",
    "limiter",
    "load_identity",
    "lock",
    "mark_published",
    "mark_withdrawn",
    "pass_publish_gates",
    "path",
    "pattern",
    "person",
    "pinned",
    "readiness",
    "record",
    "redact_text",
    "register_secret",
    "render_markup",
    "restricted_key",
    "send",
    "system_scope",
    "text",
    "url",
    "version_of",
    "whole_number",
    "words",
]
