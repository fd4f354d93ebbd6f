"""Runs one command, and makes sure that it ends when whoever started it ends.

Started as a script by a bare interpreter (`python -I -S keeper.py`), so it imports nothing beyond the
standard library. Its standard input is a pipe whose other end the starter holds: the kernel closes that
end even when the starter is killed, so end of file is the one signal that cannot get lost. Signals of
one's own (`PR_SET_PDEATHSIG`) alone would not do: they are bound to the *thread* that started the
process, and nobody would follow up when a command ignores its signal.

Arguments: the signal number that asks the command to end, seconds of grace before it is killed, user id
and group id to run it as (-1 to stay), then the command. Exit status: the command's, or 128 plus the
number of the signal that ended it.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time

_PR_SET_PDEATHSIG = 1
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_CANNOT_RUN = 127


def _run_command(stop_signal: int, uid: int, gid: int, command: list[str]) -> None:
    """Turn this forked process into the command, in a session of its own."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (*_STOP_SIGNALS, signal.SIGQUIT, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.umask(0o077)
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    keeper = os.getppid()
    if sys.platform == "linux":
        # Only for the case that this keeper itself is killed; changing the user would reset it.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, stop_signal, 0, 0, 0)
    if os.getppid() != keeper:
        os._exit(_CANNOT_RUN)
    try:
        os.execvp(command[0], command)  # noqa: S606 (running the given command is what this is for)
    except OSError as error:
        os.write(2, f"cannot run {command[0]}: {error.strerror}\n".encode())
        os._exit(_CANNOT_RUN)


def _signal_group(leader: int, number: int) -> None:
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):
        return


def _has_ended(child: int) -> bool:
    """Tell whether the child ended, without reaping it, so that its group's number stays taken."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _keep(child: int, wakeups: int, stop_signal: int, grace: float) -> None:
    """Return when the child has ended; pass on requests to stop, and kill its group after the grace."""
    watched = [0, wakeups]
    deadline: float | None = None
    while not _has_ended(child):
        timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select(watched, [], [], timeout)
        asked = 0 in ready
        if asked:
            watched.remove(0)
        if wakeups in ready:
            received = os.read(wakeups, 64)
            asked = asked or any(number in received for number in _STOP_SIGNALS)
            if signal.SIGQUIT in received:
                _signal_group(child, signal.SIGKILL)
        if asked and deadline is None:
            deadline = time.monotonic() + grace
            os.kill(child, stop_signal)
        elif deadline is not None and time.monotonic() >= deadline:
            _signal_group(child, signal.SIGKILL)
            deadline = time.monotonic() + grace


def main(arguments: list[str]) -> int:
    stop_signal, uid, gid = int(arguments[0]), int(arguments[2]), int(arguments[3])
    wakeups, wakeup_end = os.pipe()
    for end in (wakeups, wakeup_end):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wakeup_end, warn_on_full_buffer=False)
    for number in (*_STOP_SIGNALS, signal.SIGQUIT, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    # Until it has let go of these handlers, a child that is asked to end would take no notice.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    child = os.fork()
    if child == 0:
        _run_command(stop_signal, uid, gid, arguments[4:])
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)
    _keep(child, wakeups, stop_signal, float(arguments[1]))
    _signal_group(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
