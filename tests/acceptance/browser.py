"""A real Chromium, as people use it: nothing from outside, a profile of its own, the browser's own log kept."""

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    "--force-prefers-reduced-motion",  # a page that still scrolls is clicked beside
)
_BLOCKED = 2
_PATIENCE_SECONDS = 30
_POLL_SECONDS = 0.1


def programs() -> tuple[str, str] | None:
    """Chromium and its driver, where both are installed."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


@contextmanager
def a_browser(
    profile: Path,
    *,
    width: int = 1280,
    height: int = 900,
    language: str = "en",
    scripts: bool = True,
    dark: bool = False,
) -> Iterator["Browser"]:
    """A browser of this size and language; `scripts=False` is somebody who has switched them off."""
    found = programs()
    assert found is not None
    options = Options()
    options.binary_location = found[0]
    for flag in (*_FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}", f"--lang={language}"):
        options.add_argument(flag)
    preferences: dict[str, Any] = {"intl.accept_languages": language}
    if not scripts:
        preferences["profile.managed_default_content_settings.javascript"] = _BLOCKED
    options.add_experimental_option("prefs", preferences)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    environment = {**os.environ, "SE_OFFLINE": "true", "SE_AVOID_STATS": "true"}
    driver = webdriver.Chrome(options=options, service=Service(found[1], env=environment))
    try:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        if dark:
            features = [{"name": "prefers-color-scheme", "value": "dark"}]
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        yield Browser(driver)
    finally:
        driver.quit()


class Browser:
    """What somebody at the screen does and sees."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def go(self, address: str) -> None:
        self.driver.get(address)

    def log_in(self, base: str, login: str, password: str) -> None:
        self.go(f"{base}/log-in")
        self.type("#login", login)
        self.type("#password", password + Keys.ENTER)
        self.wait_for("nav")

    def find(self, selector: str) -> Any:
        """The first element that fits, as soon as the page has one: between two pages there is no element at all."""
        return self._until(lambda _driver: next(iter(self.all(selector)), None))

    def all(self, selector: str) -> list[Any]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def wait_for(self, selector: str) -> Any:
        """The first element that fits and can be seen."""

        def there(_driver: object) -> Any:
            return next((one for one in self.all(selector) if one.is_displayed()), None)

        return self._until(there)

    def _until(self, found: Callable[[object], Any]) -> Any:
        waiting = WebDriverWait(self.driver, _PATIENCE_SECONDS, _POLL_SECONDS, ignored_exceptions=[WebDriverException])
        return waiting.until(found)

    def type(self, selector: str, words: str) -> None:
        self.find(selector).send_keys(words)

    def press(self, *keys: str) -> None:
        """Keys, wherever the focus is."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    @property
    def focused(self) -> Any:
        return self.driver.switch_to.active_element

    @property
    def path(self) -> str:
        return str(self.driver.execute_script("return location.pathname + location.search"))

    @property
    def text(self) -> str:
        return str(self.find("body").text)

    def overflow(self) -> int:
        """How many pixels the page is wider than its window."""
        script = "return document.scrollingElement.scrollWidth - window.innerWidth"
        return int(self.driver.execute_script(script))

    def complaints(self) -> list[str]:
        """What the browser's console says that is an error or about the content security policy."""
        entries = self.driver.get_log("browser")
        said = [str(entry["message"]) for entry in entries if entry["level"] in ("SEVERE", "WARNING")]
        return [line for line in said if "status of 4" not in line]

    def picture(self, path: Path) -> None:
        """The whole page, also what lies below the window."""
        size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 6000), "scale": 1}
        shot = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip, "format": "png"}
        )
        path.write_bytes(base64.b64decode(shot["data"]))
