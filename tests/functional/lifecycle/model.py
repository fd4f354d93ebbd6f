"""What `lifecycle.md` says, as a small machine of its own: it shares no code with the product.

Each act is a method that takes the acting person and returns False where the specification refuses the
act, or changes the machine and returns True. Publication is two acts: `publish` queues, `push` ends it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

HOME, OTHER, MATURE, UNSORTED = "home", "other", "mature", "unsorted"
PROJECTS = (HOME, OTHER, MATURE, UNSORTED)

# Who is on which team; `both` is on two, and may therefore move advisories between them.
TEAMS = {
    "member": {HOME},
    "both": {HOME, OTHER},
    "other": {OTHER},
    "mature": {MATURE},
    "admin": {UNSORTED},
}
GRANTS = {"collaborator": "collaborator", "viewer": "viewer", "suggested": "viewer"}
# `suggested` reads the advisory by a grant and is on the other project's team.
TEAMS["suggested"] = {OTHER}
PEOPLE = ("member", "both", "other", "mature", "admin", "collaborator", "viewer", "suggested", "outsider")


@dataclass
class Model:
    """One native advisory with everything that the specification lets happen to it."""

    project: str
    state: str
    origin: str | None = None
    version: int = 1
    review: str = "none"
    pinned: int | None = None
    approved: int | None = None
    cve: str | None = None
    request: str = "none"
    banned: bool = False
    orphans: list[list[str]] = field(default_factory=list)
    wanted_back: str | None = None
    flagged: bool = False
    asked_to_move: tuple[str, str | None] | None = None
    asked_to_withdraw: bool = False
    withdrawn: bool = False
    republish: bool = False
    access_review: bool = False
    comments_locked: bool = False
    flight: tuple[str, int] | None = None
    """Who asked for the publication that is under way, and its version."""

    def role(self, person: str) -> str:
        if person == "admin":
            return "admin"
        if self.project in TEAMS.get(person, set()):
            return "team"
        return GRANTS.get(person, "none")

    def owner(self, person: str) -> bool:
        return self.role(person) in {"team", "admin"}

    @property
    def open(self) -> bool:
        return self.state in {"draft", "published"}

    @property
    def withdrawing(self) -> bool:
        return self.state == "published" and self.withdrawn

    @property
    def restoring(self) -> bool:
        return self.state == "dismissed" and self.origin == "published" and not self.withdrawn

    def decides_triage(self, person: str) -> bool:
        role = self.role(person)
        return self.state == "triage" and (role == "admin" or (role == "team" and not self.flagged))

    def may_edit(self, person: str) -> bool:
        role = self.role(person)
        if self.state == "triage":
            return self.decides_triage(person)
        if role not in {"collaborator", "team", "admin"} or not self.open or self.withdrawing:
            return False
        return role == "admin" or self.review != "submitted"

    def next_version(self, person: str) -> None:
        """A payload change: a new version, and what it does to approval and publication."""
        before, self.version = self.version, self.version + 1
        if self.state == "published":
            self.republish = True
        if self.review == "approved":
            if self.role(person) != "admin":
                self.review, self.approved = "none", None
            elif self.approved == before:
                self.approved = self.version

    def edit(self, person: str) -> bool:
        if not self.may_edit(person):
            return False
        self.next_version(person)
        return True

    # Reviews

    def submit(self, person: str) -> bool:
        due = self.state == "draft" or (self.state == "published" and self.republish)
        if self.role(person) != "team" or not due or self.review == "submitted" or self.withdrawing:
            return False
        self.review, self.pinned, self.approved = "submitted", self.version, None
        return True

    def withdraw_review(self, person: str) -> bool:
        if self.role(person) != "team" or not self.open or self.review != "submitted":
            return False
        self.review, self.pinned = "none", None
        return True

    def approve(self, person: str, version: int) -> bool:
        if self.role(person) != "admin" or not self.open or self.review != "submitted":
            return False
        if version not in {self.pinned, self.version}:
            return False
        self.review, self.approved, self.pinned = "approved", version, None
        return True

    def request_changes(self, person: str) -> bool:
        if self.role(person) != "admin" or not self.open or self.review != "submitted":
            return False
        self.review, self.pinned = "changes_requested", None
        return True

    def reopen_review(self, person: str) -> bool:
        if not self.owner(person) or not self.open or self.review != "changes_requested":
            return False
        self.review = "none"
        return True

    def revoke(self, person: str) -> bool:
        if self.role(person) != "admin" or not self.open or self.review != "approved":
            return False
        self.review, self.approved = "none", None
        return True

    def tear_down_review(self) -> None:
        self.review, self.approved, self.pinned = "none", None, None

    # Triage

    def promote(self, person: str, target: str | None) -> bool:
        if not self.decides_triage(person):
            return False
        after = target or self.project
        if after == UNSORTED or (self.role(person) != "admin" and after not in TEAMS.get(person, set())):
            return False
        self.state, self.flagged = "draft", False
        if after != self.project:
            self.project = after
            self.version += 1
        return True

    def dismiss_report(self, person: str) -> bool:
        if not self.decides_triage(person):
            return False
        self.state, self.origin = "dismissed", "triage"
        self.tear_down_review()
        return True

    def flag(self, person: str) -> bool:
        team = self.role(person) == "team"
        if self.state != "triage" or not team or self.flagged or self.project == UNSORTED:
            return False
        self.flagged = True
        return True

    def clear_flag(self, person: str) -> bool:
        fits = self.state == "triage" and self.flagged and self.project != UNSORTED
        if not fits or not self.owner(person):
            return False
        self.flagged = False
        return True

    def reassign_report(self, person: str, target: str) -> bool:
        if not self.decides_triage(person) or target == self.project:
            return False
        if self.role(person) != "admin":
            if target not in TEAMS.get(person, set()):
                return False
        else:
            self.flagged = target == UNSORTED
        self.project = target
        self.version += 1
        return True

    # State

    def dismiss(self, person: str) -> bool:
        role = self.role(person)
        if self.state != "draft" or not (role == "admin" or (role == "team" and self.cve is None)):
            return False
        if self.flight is not None:
            return False
        if self.request == "queued":
            self.request = "cancelled"
        self.tear_down_review()
        self.asked_to_move = None
        self.state, self.origin = "dismissed", "draft"
        self.orphan_number()
        return True

    def orphan_number(self) -> None:
        if self.cve is not None:
            self.orphans.append([self.cve, "orphaned"])
            self.cve = None
            self.version += 1

    def reopen(self, person: str) -> bool:
        if self.state != "dismissed" or self.restoring:
            return False
        role = self.role(person)
        if self.origin == "published":
            if role != "admin" and not (role == "team" and self.project == MATURE):
                return False
            self.tear_down_review()
            self.withdrawn = False
            self.version += 1
            self.restore_cve("published")
            self.flight = (person, self.version)
            return True
        if role not in {"team", "admin"}:
            return False
        target = self.origin or ""
        self.state, self.origin, self.review = target, None, "none"
        self.restore_cve(target)
        return True

    def restore_cve(self, target: str) -> None:
        if target == "draft" and self.cve is None and self.request == "cancelled":
            self.request = "queued"
        if not self.orphans or self.orphans[-1][1] == "reassigned":
            return
        newest = self.orphans[-1]
        if newest[1] == "orphaned" and self.cve is None:
            newest[1] = "reassigned"
            self.cve = newest[0]
            self.version += 1
        else:
            self.wanted_back = newest[0]

    # Projects

    def request_reassignment(self, person: str, suggested: str | None) -> bool:
        if self.state != "draft" or self.role(person) != "team" or self.asked_to_move is not None:
            return False
        if suggested == self.project:
            return False
        self.asked_to_move = (person, suggested)
        return True

    def withdraw_reassignment(self, person: str) -> bool:
        if self.state != "draft" or not self.owner(person) or self.asked_to_move is None:
            return False
        self.asked_to_move = None
        return True

    def accept_reassignment(self, person: str, target: str) -> bool:
        if self.state != "draft" or self.asked_to_move is None or target in {self.project, UNSORTED}:
            return False
        asker, suggested = self.asked_to_move
        mine = suggested is not None and suggested in TEAMS.get(person, set()) and person != asker
        answers = self.role(person) != "none" and mine and target == suggested
        if self.role(person) != "admin" and not answers:
            return False
        self.move(person, target)
        return True

    def change_project(self, person: str, target: str) -> bool:
        role = self.role(person)
        if role not in {"team", "admin"} or not self.open or not self.may_edit(person):
            return False
        if target in {self.project, UNSORTED}:
            return False
        if role != "admin" and target not in TEAMS.get(person, set()):
            return False
        self.move(person, target)
        return True

    def move(self, person: str, target: str) -> None:
        self.next_version(person)
        self.project = target
        self.asked_to_move = None
        self.access_review = True

    # CVE numbers

    def request_cve(self, person: str) -> bool:
        free = self.cve is None and self.request != "queued" and not self.banned
        if not self.owner(person) or not self.open or self.withdrawing or not free:
            return False
        self.request = "queued"
        return True

    def reserve(self, person: str, number: str) -> bool:
        fits = self.open and not self.withdrawing and self.request == "queued" and self.cve is None
        if self.role(person) != "admin" or not fits:
            return False
        self.request, self.cve = "reserved", number
        self.next_version(person)
        return True

    def reject(self, person: str, *, ban: bool) -> bool:
        fits = self.open and not self.withdrawing and self.request == "queued"
        if self.role(person) != "admin" or not fits:
            return False
        self.request = "rejected"
        self.banned = self.banned or ban
        return True

    def unban(self, person: str) -> bool:
        if self.role(person) != "admin" or not self.banned:
            return False
        self.banned = False
        return True

    def unassign(self, person: str) -> bool:
        if self.role(person) != "admin" or self.cve is None or self.withdrawing:
            return False
        self.orphans.append([self.cve, "orphaned"])
        self.cve = None
        self.next_version(person)
        return True

    def resolve(self, person: str, number: str | None) -> bool:
        """Put the wanted number back (None), or set another one in its place."""
        fits = self.open and not self.withdrawing and self.wanted_back is not None and self.cve is None
        if self.role(person) != "admin" or not fits:
            return False
        if number is None:
            orphan = next(entry for entry in reversed(self.orphans) if entry[0] == self.wanted_back)
            orphan[1], self.cve = "reassigned", orphan[0]
        else:
            self.request, self.cve = "reserved", number
        self.wanted_back = None
        self.next_version(person)
        return True

    def mark_rejected(self, person: str) -> bool:
        open_ = [orphan for orphan in self.orphans if orphan[1] == "orphaned"]
        if self.role(person) != "admin" or not open_:
            return False
        open_[-1][1] = "marked_rejected"
        return True

    # Comments

    def lock_comments(self, person: str) -> bool:
        if not self.owner(person) or self.comments_locked:
            return False
        self.comments_locked = True
        return True

    def unlock_comments(self, person: str) -> bool:
        if not self.owner(person) or not self.comments_locked:
            return False
        self.comments_locked = False
        return True

    def comment(self, person: str) -> bool:
        return self.owner(person) or (self.role(person) != "none" and not self.comments_locked)

    def comment_internally(self, person: str) -> bool:
        collaborates = self.role(person) == "collaborator" and self.state != "triage"
        return self.owner(person) or (collaborates and not self.comments_locked)

    # Publication

    def has_publish_authority(self, person: str) -> bool:
        role = self.role(person)
        return role == "admin" or (role == "team" and self.project == MATURE)

    def may_publish(self, person: str) -> bool:
        if self.withdrawing or self.restoring:
            return self.has_publish_authority(person)
        if not self.open or self.review == "submitted":
            return False
        approved = self.role(person) == "team" and self.approved == self.version
        return self.has_publish_authority(person) or approved

    def publish(self, person: str) -> bool:
        if self.flight is not None or not self.may_publish(person):
            return False
        self.flight = (person, self.version)
        return True

    def push(self, *, clean: bool) -> bool:
        """The worker ends what is under way; whoever asked must still be allowed to."""
        assert self.flight is not None
        (person, version), self.flight = self.flight, None
        if not clean or not self.may_publish(person):
            return False
        if self.withdrawing:
            self.state, self.origin, self.republish = "dismissed", "published", False
            self.orphan_number()
            return True
        if self.restoring:
            self.origin = None
        self.state, self.republish = "published", self.version != version
        self.asked_to_move = None
        return True

    def request_withdrawal(self, person: str) -> bool:
        fits = self.state == "published" and not self.withdrawing and not self.asked_to_withdraw
        if not fits or self.role(person) != "team" or self.project == MATURE:
            return False
        self.asked_to_withdraw = True
        return True

    def cancel_withdrawal(self, person: str) -> bool:
        fits = self.state == "published" and not self.withdrawing and self.asked_to_withdraw
        if not fits or not self.owner(person):
            return False
        self.asked_to_withdraw = False
        return True

    def withdraw(self, person: str) -> bool:
        if self.state != "published" or self.withdrawing or self.flight is not None:
            return False
        if not self.has_publish_authority(person):
            return False
        return self.begin_withdrawal(person)

    def approve_withdrawal(self, person: str) -> bool:
        fits = self.state == "published" and not self.withdrawing and self.asked_to_withdraw
        if not fits or self.flight is not None or self.role(person) != "admin":
            return False
        return self.begin_withdrawal(person)

    def begin_withdrawal(self, person: str) -> bool:
        if self.review == "submitted":
            self.tear_down_review()
        # The reason is payload, and yet no edit: any other review status stays as it was.
        self.version += 1
        self.republish = self.withdrawn = True
        self.asked_to_withdraw = False
        self.flight = (person, self.version)
        return True
