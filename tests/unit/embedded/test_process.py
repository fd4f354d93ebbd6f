"""Processes under a keeper."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time

import pytest

from advisoryhub_embedded.errors import PartFailed
from advisoryhub_embedded.process import KeptProcess, describe_status

PYTHON = (sys.executable, "-S", "-c")


def kept(folder, code, **options):
    return KeptProcess("Part", [*PYTHON, code], folder / "log" / "part.log", **options)


def test_a_command_that_succeeds_and_one_that_fails(tmp_path):
    kept(tmp_path, "print('fine')").complete(20)
    log = tmp_path / "log" / "part.log"
    assert log.read_text() == "fine\n"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    with pytest.raises(PartFailed, match=r"Part ended with exit status 3 \(log: ") as failed:
        kept(tmp_path, "print('one'); print('two'); raise SystemExit(3)").complete(20)
    assert failed.value.last_lines(1) == ["two"]
    assert log.with_name("part.log.1").read_text() == "fine\n"


def test_a_command_that_cannot_be_run_says_why(tmp_path):
    with pytest.raises(PartFailed, match="exit status 127") as failed:
        KeptProcess("Part", ["/no/such/command"], tmp_path / "log").complete(20)
    assert failed.value.last_lines() == ["cannot run /no/such/command: No such file or directory"]


def test_a_step_that_takes_too_long_is_ended(tmp_path):
    step = kept(tmp_path, "import time; time.sleep(600)")
    with pytest.raises(PartFailed, match="had not finished after 0 seconds"):
        step.complete(0.1)
    assert step.poll() == 128 + signal.SIGTERM


def test_a_part_that_is_never_ready_or_ends_before(tmp_path):
    slow = kept(tmp_path, "import time; time.sleep(600)")
    slow.start()
    with pytest.raises(PartFailed, match="was not ready after 0 seconds"):
        slow.wait_until(lambda: False, 0.05)
    slow.stop()
    dead = kept(tmp_path, "import os; os.abort()")
    dead.start()
    with pytest.raises(PartFailed, match="was ended by SIGABRT before it was ready"):
        dead.wait_until(lambda: False, 20)
    dead.stop()


def test_stopping_ends_a_wait_in_another_thread_and_a_start_to_come(tmp_path):
    process = kept(tmp_path, "import time; time.sleep(600)")
    process.start()
    seen = []

    def wait():
        try:
            process.wait_until(lambda: False, 60)
        except PartFailed as failure:
            seen.append(failure)

    waiting = threading.Thread(target=wait)
    waiting.start()
    process.stop()
    waiting.join(10)
    assert len(seen) == 1
    process.stop()
    never = kept(tmp_path, "print('no')")
    never.stop()
    with pytest.raises(PartFailed, match="told to stop before it started"):
        never.start()


def test_what_ignores_the_request_is_killed_with_its_children(tmp_path, soon, alive):
    code = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'])\n"
        "print(os.getpid(), child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    process = kept(tmp_path, code, grace=0.2)
    process.start()
    process.wait_until(lambda: process.log_path.read_text().endswith("\n"), 20)
    pids = [int(word) for word in process.log_path.read_text().split()]
    began = time.monotonic()
    process.stop()
    assert time.monotonic() - began < 4
    assert process.poll() == 128 + signal.SIGKILL
    soon(lambda: not any(alive(pid) for pid in pids))


def test_kill_has_no_patience(tmp_path):
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    process = kept(tmp_path, code, grace=60)
    process.start()
    process.wait_until(lambda: "up" in process.log_path.read_text(), 20)
    process.kill()
    process.stop()
    assert process.poll() == 128 + signal.SIGKILL
    process.kill()


@pytest.mark.parametrize("victim", ["starter", "keeper"])
def test_nothing_outlives_a_killed_starter_or_keeper(tmp_path, soon, alive, victim):
    (tmp_path / "starter.py").write_text(
        "import sys, threading, time\n"
        "from pathlib import Path\n"
        "from advisoryhub_embedded.process import KeptProcess\n"
        "code = 'import os, time; print(os.getpid(), os.getppid(), flush=True); time.sleep(600)'\n"
        f"process = KeptProcess('Part', [sys.executable, '-S', '-c', code], Path({str(tmp_path)!r}, 'log'))\n"
        # The end of the thread that started it must not end the process.
        "starting = threading.Thread(target=process.start)\n"
        "starting.start()\n"
        "starting.join()\n"
        "time.sleep(600)\n"
    )
    log = tmp_path / "log"
    with subprocess.Popen([sys.executable, str(tmp_path / "starter.py")]) as starter:
        soon(lambda: log.exists() and log.read_text().endswith("\n"))
        pid, keeper = (int(word) for word in log.read_text().split())
        time.sleep(0.1)
        assert alive(pid)
        os.kill(starter.pid if victim == "starter" else keeper, signal.SIGKILL)
        soon(lambda: not alive(pid) and not alive(keeper))
        starter.kill()


def test_statuses_are_put_into_words():
    assert describe_status(0) == "ended with exit status 0"
    assert describe_status(128 + 9) == "was ended by SIGKILL"
    assert describe_status(250) == "ended with exit status 250"
