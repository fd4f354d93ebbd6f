"""The one family of domain errors. Services raise them; each face (page, fragment, API) renders them.

`code` is stable and machine-readable; the message says what is wrong and how to mend it.
"""

from __future__ import annotations


class HubError(Exception):
    """A refused act. `status` is the HTTP status that a web face answers with.

    `retry_after` is the number of seconds after which asking again is worth it, where that is known.
    """

    code = "refused"
    status = 400
    retry_after: int | None = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotPermitted(HubError):
    """The acting person lacks the capability, judged on the locked row."""

    code = "forbidden"
    status = 403


class StepUpRequired(NotPermitted):
    """The act needs a fresh sign-in (`step_up.max_age_seconds`)."""

    code = "step_up_required"

    def __init__(self) -> None:
        super().__init__("Please confirm that it is you: this act needs a fresh sign-in.")


class NotFound(HubError):
    """What the act is about does not exist."""

    code = "not_found"
    status = 404


class Conflict(HubError):
    """The act contradicts what is there now."""

    code = "conflict"
    status = 409


class StaleVersion(Conflict):
    """The form was opened on an older version than the newest one."""

    code = "stale_version"

    def __init__(self, *, base: int, newest: int) -> None:
        super().__init__(f"Version {newest} was saved since you opened version {base}.")
        self.base = base
        self.newest = newest


class NotReady(HubError):
    """What the advisory lacks, each entry a sentence."""

    code = "not_ready"

    def __init__(self, missing: list[str]) -> None:
        super().__init__("The advisory cannot be published yet: " + " ".join(missing))
        self.missing = missing


class ServiceUnavailable(HubError):
    """A part the hub depends on does not answer."""

    code = "unavailable"
    status = 503
