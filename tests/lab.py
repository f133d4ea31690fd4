"""A JupyterLab server on a copy of the repository, and a browser to use it as a person would."""

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from lib import mnist

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
NO_WIDGETS_YET = "No such comm"  # JupyterLab asks a new kernel for widgets before ipywidgets is imported
IDLE = '.jp-Notebook-ExecutionIndicator[data-status="idle"]'
EXPLORER = ".jp-Cell-outputArea > .jp-OutputArea-child > .jp-OutputArea-output > .widget-vbox"
LEFT_OUT = (".git", ".venv", "build", "data", "__pycache__", ".*_cache", ".hypothesis", ".ipynb_checkpoints")


def altered(root: Path) -> list[str]:
    """Return which files that git tracks differ in a copy from the ones here."""
    listed = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True).stdout
    there = (path for path in listed.splitlines() if Path(path).is_file())
    return [p for p in there if not (root / p).is_file() or (root / p).read_bytes() != Path(p).read_bytes()]


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """Serve `folder`/repository, a copy of this one; yield the address, with {path} where a path belongs.

    Its log is `folder`/server.log; its settings, and those of IPython, are new and empty.
    """
    root = folder / "repository"
    shutil.copytree(".", root, ignore=shutil.ignore_patterns(*LEFT_OUT))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    settings = {
        "IdentityProvider.token": token,
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": root,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    environment = {
        **os.environ,
        "MNIST_ROOT": str(mnist.folder().parents[1].resolve()),
        "PYTHONPATH": str(root),
        "JUPYTER_CONFIG_PATH": str(root / "bundle" / "jupyter"),
    }
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        environment[name] = str(folder / name.lower())
    plugins = {
        "apputils-extension/notification": {"fetchNews": "false"},  # no question whether to fetch news
        "notebook-extension/tracker": {"windowingMode": "none"},  # every cell is in the page
    }
    for name, plugin in plugins.items():
        path = folder / "jupyter_config_dir/lab/user-settings/@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(plugin))
    command = [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in settings.items())]
    with open(folder / "server.log", "wb") as log:
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        until(lambda: answers(f"{address}/api/status?token={token}"), seconds=60)
        yield f"{address}/{{path}}?token={token}"
    finally:
        process.terminate()  # it ends its kernels
        process.wait(30)


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except OSError:
        return False
    return True


def opened(browser, address: str, name: str):
    """Return a page with a notebook and its kernel; `page.complaints`: what console and kernel say amiss."""
    page = heard(browser.new_page(viewport={"width": 1300, "height": 1500}))
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: listen(page, frame)))
    page.goto(address.format(path=f"lab/workspaces/{name}/tree/{name}.ipynb"))
    page.locator(".jp-Notebook").wait_for(timeout=60_000)
    page.locator(IDLE).wait_for(timeout=60_000)
    until(lambda: connected(page, address, name), seconds=60)
    return page


def heard(page):
    """Return a page; its `complaints` are what the console says amiss from now on."""
    page.complaints = []
    page.on("console", lambda said: said.type == "error" and page.complaints.append(said.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page


def listen(page, frame: bytes | str) -> None:
    """Note the kernel's errors and what it says on stderr: those of a widget's callback show nowhere else."""
    text = frame.decode(errors="replace") if isinstance(frame, bytes) else frame
    wrong = re.search(r'"msg_type":\s*"error"|"name":\s*"stderr"', text)
    if wrong and NO_WIDGETS_YET not in text:
        page.complaints.append(text)


def connected(page, address: str, name: str) -> bool:
    """Return whether the page is connected to a notebook's kernel."""
    sessions = page.request.get(address.format(path="api/sessions")).json()
    kernels = [session["kernel"] for session in sessions if session["path"] == f"{name}.ipynb"]
    return any(k["connections"] and k["execution_state"] == "idle" for k in kernels)


def run_all(page) -> None:
    """Run all cells from the menu and wait until the explorer is there and the kernel is idle."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator(EXPLORER).wait_for(timeout=240_000)
    page.locator(IDLE).wait_for(timeout=60_000)
    page.locator(EXPLORER).scroll_into_view_if_needed()


def save(page) -> None:
    """Save the notebook by the keyboard, and wait until the server has written it."""
    with page.expect_response(lambda reply: reply.request.method == "PUT" and "/api/contents/" in reply.url):
        page.keyboard.press("Control+s")
    page.locator(".jp-mod-dirty").wait_for(state="detached", timeout=20_000)


def until(true: Callable[[], bool], *, seconds: float = 20) -> None:
    """Wait until something is true.

    Raises:
        AssertionError: it is not, after so many seconds.
    """
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"nothing happened in {seconds} s"
        time.sleep(0.05)
