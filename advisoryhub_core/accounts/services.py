"""Signing people in: matching them, mirroring their groups, recording it."""

from __future__ import annotations

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from advisoryhub_core.accounts.models import Group, User, user_groups
from advisoryhub_core.accounts.oidc.claims import Profile
from advisoryhub_core.acts import Act
from advisoryhub_core.audit.services import record
from advisoryhub_core.errors import NotPermitted
from advisoryhub_core.events import UserSignedIn


class SignInNotAllowed(NotPermitted):
    """The provider vouched for somebody whom the hub does not let in."""

    code = "sign_in_not_allowed"


def sign_in(act: Act, profile: Profile) -> User:
    """Match or create the person, replace their groups, and record the sign-in.

    Matched by subject, then by verified e-mail; a shadow becomes real that way. An unverified address
    never links, creates or renames (INV-OIDC-6). Raises `SignInNotAllowed` for a person who is banned,
    cannot be matched without a verified address, or whose address belongs to another subject.
    """
    user = _by_subject(act, profile.subject)
    if user is None:
        user = _by_email(act, profile) or _new_user(act, profile)
    if user.banned_at is not None or not user.is_active:
        raise SignInNotAllowed("This account has been closed. Ask the administrators of this hub.")
    _update(act, user, profile)
    replace_groups(act, user, profile.groups)
    record(act, "auth.signed_in", actor_id=user.id)
    act.notify(UserSignedIn(act, user.id, email_vouched=vouches_for(profile, user)))
    return user


def vouches_for(profile: Profile, user: User) -> bool:
    """Whether the provider vouches, at this sign-in, for the address that the hub knows a person by."""
    return profile.email_usable and profile.email.lower() == user.email.lower()


def replace_groups(act: Act, user: User, names: tuple[str, ...]) -> None:
    """Make the mirror of a person's groups equal to the claim (INV-OIDC-1)."""
    if names:
        act.db.execute(
            upsert(Group).values([{"name": name} for name in sorted(set(names))]).on_conflict_do_nothing()
        )
    wanted = set(act.db.scalars(select(Group.id).where(Group.name.in_(names))))
    held = set(act.db.scalars(select(user_groups.c.group_id).where(user_groups.c.user_id == user.id)))
    if held - wanted:
        act.db.execute(
            delete(user_groups).where(
                user_groups.c.user_id == user.id, user_groups.c.group_id.in_(held - wanted)
            )
        )
    if wanted - held:
        act.db.execute(
            insert(user_groups), [{"user_id": user.id, "group_id": group} for group in sorted(wanted - held)]
        )
    act.db.expire(user, ["groups"])


def set_preferences(act: Act, *, theme: str, language: str) -> None:
    """Keep the acting person's theme and language."""
    user = act.db.get_one(User, act.identity.user_id)
    user.theme = theme
    user.language = language


# `key_share`: rows that name the person may still be written. A sign-in goes on to lock the advisories whose
# invitations it redeems, where somebody may be giving this very person access.
def _by_subject(act: Act, subject: str) -> User | None:
    return act.db.scalar(select(User).where(User.subject == subject).with_for_update(key_share=True))


def _by_email(act: Act, profile: Profile) -> User | None:
    if not profile.email_usable:
        raise SignInNotAllowed(
            "Your identity provider has not verified your e-mail address. Verify it there and sign in again."
        )
    found = act.db.scalar(
        select(User).where(func.lower(User.email) == profile.email.lower()).with_for_update(key_share=True)
    )
    if found is not None and found.subject not in {None, profile.subject}:
        raise SignInNotAllowed(
            "Your e-mail address already belongs to another account here. Ask the administrators of this hub."
        )
    return found


def _new_user(act: Act, profile: Profile) -> User:
    user = User(email=profile.email, display_name=profile.name, subject=profile.subject)
    act.db.add(user)
    act.db.flush()
    record(act, "user.created", actor_id=user.id, user_id=user.id)
    return user


def _update(act: Act, user: User, profile: Profile) -> None:
    user.subject = profile.subject
    user.is_provisioned = False
    user.last_sign_in_at = act.now()
    if profile.name:
        user.display_name = profile.name
    if profile.email_usable and profile.email and profile.email.lower() != user.email.lower():
        taken = act.db.scalar(
            select(User.id).where(func.lower(User.email) == profile.email.lower(), User.id != user.id)
        )
        if taken is None:
            user.email = profile.email
            record(act, "user.email_changed", actor_id=user.id, user_id=user.id)
    act.db.flush()
