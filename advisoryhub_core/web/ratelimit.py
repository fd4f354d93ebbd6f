"""Rate limits: named limiters, and the view option that asks them before the work (INV-RATELIMIT-1)."""

from __future__ import annotations

import ipaddress
import math
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import limits
import redis
import structlog
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from pyramid.exceptions import ConfigurationError

from advisoryhub_core.errors import HubError, ServiceUnavailable
from advisoryhub_core.settings import Setting
from advisoryhub_core.web.pages import _

log = structlog.get_logger(__name__)

_RATE = re.compile(r"([1-9][0-9]{0,5})/(second|minute|hour|day)")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
# What one customer of a provider is given; a limit on single addresses of it would limit nothing.
_IPV6_NETWORK = 64


class RateLimited(HubError):
    """Too often; `retry_after` seconds from now it is worth another try."""

    code = "rate_limited"
    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            _("rate-limited", default="You have done this very often just now. Wait a little, and try again.")
        )
        self.retry_after = retry_after


@dataclass(frozen=True)
class Rate:
    """So many times in any one second, minute, hour or day."""

    amount: int
    unit: str

    def __str__(self) -> str:
        return f"{self.amount}/{self.unit}"


def rate(raw: str) -> Rate:
    """Return the rate that a text like `30/minute` spells; raise `ValueError` for any other text."""
    found = _RATE.fullmatch(raw)
    if found is None:
        raise ValueError("needs how often and in what time, like 30/minute (second, minute, hour, day)")
    return Rate(int(found[1]), found[2])


@dataclass(frozen=True)
class Limiter:
    """A limit with a name, which views ask for by `rate_limit=<name>`.

    It counts for each person, and for each address where nobody is signed in or it is `per_address`.
    `fails_open` says whether people are let through while Redis does not answer; else they get 503.
    """

    name: str
    setting: Setting[Rate]
    fails_open: bool
    per_address: bool = False


def limiter(name: str, default: str, what: str, *, fails_open: bool, per_address: bool = False) -> Limiter:
    """Return a limiter with the setting `ratelimit.<name>`; `what` completes "How often one person may …".

    Raises `ValueError` for a name that is not made of lower-case letters, digits and underscores, and for
    a malformed default.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"a limiter's name is made of lower-case letters, digits and _, not {name!r}")
    who = "address" if per_address else "person"
    setting = Setting(
        key=f"ratelimit.{name}",
        env=f"RATELIMIT_{name.upper()}",
        parse=rate,
        default=rate(default),
        help=f"How often one {who} may {what}.",
    )
    return Limiter(name, setting, fails_open, per_address)


CORE_LIMITERS = (
    limiter("comment", "30/minute", "comment", fails_open=True),
    limiter("grant", "20/hour", "give others access", fails_open=True),
    limiter("preview", "120/minute", "ask for a preview of a text", fails_open=True),
    limiter("publish", "10/hour", "ask for a publication", fails_open=True),
    limiter("sign_in", "20/minute", "start to sign in", fails_open=True, per_address=True),
)


def declare_limiters(config: Any, declared: Iterable[Limiter]) -> None:
    """Declare limiters with their settings; two of one name conflict at start."""
    for item in declared:
        config.add_settings((item.setting,))
        introspectable = config.introspectable("advisoryhub rate limits", item.name, item.name, "rate limit")
        # Before the views that ask for it, whichever was included first.
        config.action(
            ("advisoryhub.rate_limit", item.name),
            _limiters(config.registry).__setitem__,
            (item.name, item),
            introspectables=(introspectable,),
            order=-10,
        )


def rate_limited_view(view: Callable[..., Any], info: Any) -> Callable[..., Any]:
    """`rate_limit="comment"`: the view runs only while its limiter has not had enough.

    Checked and counted in one step, after permission, CSRF and step-up and before the view. Raises
    `ConfigurationError` at start for a limiter that nobody has declared.
    """
    name = info.options.get("rate_limit")
    if name is None:
        return view
    item = _limiters(info.registry).get(name)
    if item is None:
        raise ConfigurationError(f"a view asks for the rate limit {name!r}, which nobody declares")

    def wrapped(context: Any, request: Any) -> Any:
        _count(request, item)
        return view(context, request)

    return wrapped


rate_limited_view.options = ("rate_limit",)  # type: ignore[attr-defined]  # how Pyramid learns the options


def count(request: Any, name: str) -> None:
    """Count a request against a limiter, for views of which only some requests are limited; before the work.

    Raises `RateLimited`, and `ServiceUnavailable` where the counts are away and the limiter fails closed.
    """
    _count(request, _limiters(request.registry)[name])


def _count(request: Any, item: Limiter) -> None:
    # A request that is run again after a conflict was counted the first time.
    if not request.environ.get("retry.attempt"):
        request.registry.rate_limits.hit(item, item.setting.of(request.registry), _who(item, request))


class RateLimits:
    """The counts, kept in the Redis of the sessions; one per process."""

    def __init__(self, client: redis.Redis) -> None:
        # With a pool of redis-py's own, the address that the library asks for says nothing.
        storage = RedisStorage(
            "redis://", connection_pool=client.connection_pool, key_prefix="advisoryhub:ratelimit"
        )
        self._window = MovingWindowRateLimiter(storage)

    def hit(self, item: Limiter, allowed: Rate, who: str) -> None:
        """Count one more time; raise `RateLimited`, and count nothing, where that would be too often.

        Raises `ServiceUnavailable` while Redis does not answer, unless the limiter fails open.
        """
        limit = limits.parse(str(allowed))
        try:
            if self._window.hit(limit, item.name, who):
                return
            free_again = self._window.get_window_stats(limit, item.name, who).reset_time
        except redis.RedisError as error:
            log.warning(
                "rate_limits_down",
                limiter=item.name,
                lets_through=item.fails_open,
                error=type(error).__name__,
            )
            if item.fails_open:
                return
            raise ServiceUnavailable(
                "This cannot be done right now. Please try again in a minute."
            ) from error
        log.info("rate_limited", limiter=item.name)
        raise RateLimited(max(1, math.ceil(free_again - time.time())))


def _who(item: Limiter, request: Any) -> str:
    identity = None if item.per_address else request.identity
    return f"address:{_network(request.client_ip)}" if identity is None else f"person:{identity.user_id}"


def _network(address: str | None) -> str:
    # A server that is not told addresses counts everybody as one.
    if address is None:
        return "unknown"
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), _IPV6_NETWORK), strict=False).network_address)


def _limiters(registry: Any) -> dict[str, Limiter]:
    if not hasattr(registry, "hub_limiters"):
        registry.hub_limiters = {}
    return registry.hub_limiters  # type: ignore[no-any-return]  # the registry is untyped


def includeme(config: Any) -> None:
    declare_limiters(config, CORE_LIMITERS)
    config.add_view_deriver(rate_limited_view, "rate_limit", under="step_up", over="owrapped_view")
    # After the session store, whose connections it shares.
    config.action("advisoryhub.rate_limits", _make, (config.registry,), order=100)


def _make(registry: Any) -> None:
    registry.rate_limits = RateLimits(registry.session_store.redis)
