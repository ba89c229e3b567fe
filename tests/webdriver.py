"""A headless Chromium for tests, driven over the WebDriver protocol (https://www.w3.org/TR/webdriver2/)."""

import base64
import json
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# --no-sandbox: Chromium's sandbox refuses to work for root, as which containers and CI run.
# The others keep it from talking to anybody but the page, and from asking anything.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1100,800",
)
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of an element's id, by the standard
SCRIPT_MILLISECONDS = 20_000


class Browser:
    """One window. Elements are named by CSS selectors."""

    def __init__(self, session: str) -> None:
        self._session = session

    def open(self, address: str) -> None:
        call("POST", f"{self._session}/url", {"url": address})

    def type(self, selector: str, text: str) -> None:
        call("POST", f"{self._element(selector)}/value", {"text": text})

    def click(self, selector: str) -> None:
        call("POST", f"{self._element(selector)}/click", {})

    def text_when(self, selector: str, condition: str) -> str:
        """The element's text, as soon as `condition`, an expression of JavaScript over `text`, holds.

        The page says when it has changed (a MutationObserver); a condition that never comes true
        is an AssertionError.
        """
        script = f"""
            const [selector, done] = arguments;
            const holds = (text) => {condition};
            const look = () => {{
              const text = document.querySelector(selector)?.innerText ?? "";
              if (holds(text)) {{ observer.disconnect(); done(text); return; }}
            }};
            const observer = new MutationObserver(look);
            observer.observe(document, {{subtree: true, childList: true, characterData: true, attributes: true}});
            look();
        """
        try:
            text = call("POST", f"{self._session}/execute/async", {"script": script, "args": [selector]})
        except WebDriverError as error:
            shown = call("GET", f"{self._element('body')}/text")
            raise AssertionError(f"{selector}: {condition} never held ({error}); the page shows:\n{shown}") from error
        assert isinstance(text, str)
        return text

    def run(self, script: str) -> Any:
        """What a script of JavaScript returns."""
        return call("POST", f"{self._session}/execute/sync", {"script": script, "args": []})

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(call("GET", f"{self._session}/screenshot")))

    def _element(self, selector: str) -> str:
        found = call("POST", f"{self._session}/element", {"using": "css selector", "value": selector})
        return f"{self._session}/element/{found[ELEMENT]}"


class WebDriverError(Exception):
    """What the driver refused, in its words."""


def call(method: str, address: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        with error:
            value = json.load(error)["value"]
        raise WebDriverError(f"{value['error']}: {value['message'].splitlines()[0]}") from None


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """A browser with a new, empty profile in the folder `profile`."""
    driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        address = f"http://127.0.0.1:{port_of(driver)}"
        options = {"args": [*FLAGS, f"--user-data-dir={profile}"]}
        always = {"goog:chromeOptions": options, "timeouts": {"script": SCRIPT_MILLISECONDS, "pageLoad": 30_000}}
        session = call("POST", f"{address}/session", {"capabilities": {"alwaysMatch": always}})
        home = f"{address}/session/{session['sessionId']}"
        try:
            yield Browser(home)
        finally:
            call("DELETE", home)
    finally:
        driver.terminate()
        driver.communicate()


def port_of(driver: "subprocess.Popen[str]") -> int:
    """The port that the driver has chosen, which it prints when it is ready."""
    assert driver.stdout is not None
    said = []
    for line in driver.stdout:
        said.append(line)
        if found := re.search(r"started successfully on port (\d+)", line):
            return int(found[1])
    raise AssertionError(f"chromedriver did not start:\n{''.join(said)}")
