"""Install a wheel outside the checkout and start the product from it in an empty folder.

    wheel_smoke.py WHEEL LOCK

`advisoryhub up` must become ready, answer its first page, end with status 0 on SIGINT and leave no process.
Exits 1 with what went wrong and the end of the product's output.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

READY_SECONDS = 180
END_SECONDS = 60
LEFT_OVER_SECONDS = 10

# The product is on this machine: no proxy of the caller's is asked.
_BROWSER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class SmokeFailed(Exception):
    """The installed product did not do what it should."""


def install(wheel: Path, lock: Path, folder: Path) -> Path:
    """Install `wheel` and what `lock` pins into a new environment; return its scripts' folder."""
    environment = folder / "env"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    scripts = environment / "bin"
    pip = [scripts / "python", "-m", "pip", "--disable-pip-version-check", "--no-input"]
    install = [*pip, "install", "--quiet", "--no-deps"]
    subprocess.run([*install, "--require-hashes", "-r", lock], check=True, cwd=folder)
    subprocess.run([*install, wheel], check=True, cwd=folder)
    subprocess.run([*pip, "check"], check=True, cwd=folder)
    return scripts


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def answer(url: str) -> int:
    """Return the status that `url` answers with, 0 if nobody does."""
    try:
        with _BROWSER.open(url, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def wait_until_ready(process: subprocess.Popen[bytes], url: str) -> float:
    """Return the seconds until `url` answered 200. Raises `SmokeFailed` if it never does."""
    started = time.monotonic()
    status = 0
    while (waited := time.monotonic() - started) < READY_SECONDS:
        if process.poll() is not None:
            raise SmokeFailed(f"ended with status {process.returncode} before it was ready")
        status = answer(url)
        if status == 200:
            return waited
        time.sleep(0.2)
    raise SmokeFailed(f"{url} still answers {status or 'nothing'} after {READY_SECONDS} s")


def processes_from(folder: Path) -> dict[int, str]:
    """Return the processes that run a program of `folder`, work in it or name it, by their id."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        traces = []
        for link in ("exe", "cwd"):
            with suppress(OSError):
                traces.append(str((entry / link).readlink()))
        with suppress(OSError):
            traces.append(
                (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            )
        if any(str(folder) in trace for trace in traces):
            found[int(entry.name)] = traces[-1]
    return found


def check_nothing_is_left(folder: Path) -> None:
    deadline = time.monotonic() + LEFT_OVER_SECONDS
    while left := processes_from(folder):
        if time.monotonic() > deadline:
            lines = "\n".join(f"  {number}: {command}" for number, command in left.items())
            raise SmokeFailed(f"left processes behind:\n{lines}")
        time.sleep(0.2)


@contextmanager
def started(command: list[str | Path], folder: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` in `folder`, its output in `log`; whatever is still running afterwards is killed."""
    # A CI that starts us in the background has SIGINT ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            for number in processes_from(folder.parent):
                with suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)


def smoke(wheel: Path, lock: Path, folder: Path, log: Path) -> None:
    """Do the whole of it below `folder`. Raises `SmokeFailed`."""
    scripts = install(wheel, lock, folder)
    empty = folder / "run"
    empty.mkdir()
    port = free_port()
    site = f"http://127.0.0.1:{port}"
    with started([scripts / "advisoryhub", "up", "--port", str(port), "--no-demo"], empty, log) as process:
        seconds = wait_until_ready(process, f"{site}/readyz")
        print(f"advisoryhub up: ready after {seconds:.1f} s")
        if (status := answer(f"{site}/")) != 200:
            raise SmokeFailed(f"the first page answers {status}")
        process.send_signal(signal.SIGINT)
        try:
            status = process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            raise SmokeFailed(f"still runs {END_SECONDS} s after SIGINT") from None
        if status != 0:
            raise SmokeFailed(f"ended with status {status} on SIGINT")
        check_nothing_is_left(folder)
    print("advisoryhub up: ended on SIGINT with status 0, no process left")


def main(wheel: str, lock: str) -> int:
    with tempfile.TemporaryDirectory(prefix="hub-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        # As root, the embedded PostgreSQL runs as a user of its own that must pass through here.
        folder.chmod(0o755)
        log = folder / "up.log"
        try:
            smoke(Path(wheel).resolve(), Path(lock).resolve(), folder, log)
        except SmokeFailed as error:
            print(f"advisoryhub up: {error}")
            if log.exists():
                print("".join(f"  | {line}\n" for line in log.read_text(errors="replace").splitlines()[-60:]))
            return 1
        except subprocess.CalledProcessError as error:
            print(f"the wheel could not be installed: {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
