# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page in a real browser: hostile names stay text, nothing is fetched, it prints, and screenshots are kept."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import pytest

from ansible_collections.acx.cleanrooms.plugins.filter.report import report_html
from ansible_collections.acx.cleanrooms.tests.unit.plugins.filter.report_samples import (
    TEMPLATE,
    collaboration,
    everywhere,
    first,
    table,
)

CHECKOUT = Path(__file__).resolve().parents[3]
OUTPUT = CHECKOUT / "tests/output/report"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
POLICY = re.compile(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>")
DARK, LIGHT = "0", "1"
SCRIPT = "<script>document.title='owned'</script>"
IMAGE = '"><img src=x onerror="document.title=\'owned\'">'
JINJA = "{{ 7 * 7 }} {% raw %}"
RIGHT_TO_LEFT = "\u202edetrevni\u202c \u05e9\u05dc\u05d5\u05dd"
STATES = ("ready", "not_ready", "differs", "missing", "left_out", "refused", "unselected")


def hostile() -> str:
    """A page in which every text that somebody else may choose would do harm."""
    return report_html(everywhere(SCRIPT + IMAGE + JINJA + RIGHT_TO_LEFT), TEMPLATE)


def many(collaborations: int) -> str:
    """A page of so many collaborations, each with 28 tables, some of them in each state."""
    tables = [table(f"part_ibe_{number:02}", STATES[max(number - 21, 0)]) for number in range(28)]
    names = [f"Partner {number} Collaboration" for number in range(collaborations)]
    entries = [collaboration(name, str(UUID(int=number)), tables=tables) for number, name in enumerate(names)]
    return report_html(first(*entries), TEMPLATE)


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder, and remembers what was asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        # Browsers ask a server for this icon by themselves, whatever the page says.
        if self.path != "/favicon.ico":
            self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *_args: Any) -> None:
        """Print nothing."""


class Browser:
    """A headless browser with a folder of its own, and a server on loopback that it reads pages from."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program = program
        self.folder = folder
        self.site = folder / "site"
        self.site.mkdir()

    def run(self, page: str, *options: str) -> tuple[str, list[str]]:
        """Open a page; return what was printed, and the paths that were asked for."""
        (self.site / "report.html").write_text(page, encoding="utf-8")
        handler = type("RememberingHandler", (Handler,), {"asked": []})
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(self.site)))
        profile = self.folder / f"profile-{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/report.html"
            done = subprocess.run(
                [self.program, *QUIET, f"--user-data-dir={profile}", *options, url],
                env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "LANG": "C.UTF-8"},
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=120,
                check=True,
            )
        finally:
            server.shutdown()
            server.server_close()
        return done.stdout, handler.asked

    def screenshot(self, name: str, page: str, size: str, scheme: str) -> bytes:
        """Keep a screenshot below tests/output, and return it."""
        OUTPUT.mkdir(parents=True, exist_ok=True)
        file = OUTPUT / f"{name}.png"
        file.unlink(missing_ok=True)
        settings = f"--blink-settings=preferredColorScheme={scheme}"
        self.run(page, settings, f"--window-size={size}", f"--screenshot={file}")
        return file.read_bytes()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.fail("No browser was found. Install one: apt-get install --no-install-recommends chromium")
    folder = tmp_path_factory.mktemp("browser")
    yield Browser(program, folder)
    shutil.rmtree(folder, ignore_errors=True)


def title_of(dom: str) -> str:
    match = re.search(r"<title>(.*?)</title>", dom)
    assert match, dom[:500]
    return match[1]


@pytest.mark.parametrize("protected", [True, False])
def test_names_of_partners_stay_text(browser: Browser, protected: bool) -> None:
    """Also without the content security policy, so that the escaping alone is enough."""
    page = hostile() if protected else POLICY.sub("", hostile())
    assert ("Content-Security-Policy" in page) == protected
    dom, asked = browser.run(page, "--dump-dom")
    assert title_of(dom) == "AWS Clean Rooms: report of provider"
    assert not re.search(r"<(script|img|iframe|link|object|embed)\b", dom)
    assert not re.search(r"<[^>]* (src|on[a-z]+)=", re.sub(r'"[^"]*"', '""', dom))
    assert (SCRIPT + IMAGE + JINJA).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in dom
    assert RIGHT_TO_LEFT not in dom
    assert asked == ["/report.html"]


def test_this_test_can_fail_and_the_policy_alone_would_do(browser: Browser) -> None:
    """What the names would do where they were not escaped: without the policy everything, with it nothing."""
    bad = hostile().replace("</main>", f"{SCRIPT}<img src=x></main>")
    dom, asked = browser.run(POLICY.sub("", bad), "--dump-dom")
    assert title_of(dom) == "owned"
    assert sorted(asked) == ["/report.html", "/x"]
    dom, asked = browser.run(bad, "--dump-dom")
    assert title_of(dom) == "AWS Clean Rooms: report of provider"
    assert asked == ["/report.html"]


def test_it_prints_on_landscape_pages(browser: Browser) -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    file = OUTPUT / "report.pdf"
    file.unlink(missing_ok=True)
    browser.run(many(5), "--no-pdf-header-footer", f"--print-to-pdf={file}")
    content = file.read_bytes()
    assert content.startswith(b"%PDF-")
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", content)
    assert 2 <= len(boxes) <= 12
    assert all(float(width) > float(height) for width, height in boxes)


def test_screenshots(browser: Browser) -> None:
    shots = [
        browser.screenshot("light", many(5), "1440,1400", LIGHT),
        browser.screenshot("dark", many(5), "1440,1400", DARK),
        browser.screenshot("narrow", many(100), "500,1400", LIGHT),
    ]
    assert all(shot.startswith(b"\x89PNG") and len(shot) > 50_000 for shot in shots)
    assert len(set(shots)) == len(shots)
