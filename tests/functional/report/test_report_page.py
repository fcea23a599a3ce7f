# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page in a real browser: hostile names stay text, nothing is fetched, it prints, and screenshots are kept."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import pytest

from ansible_collections.acx.cleanrooms.plugins.filter.report import report_html
from ansible_collections.acx.cleanrooms.tests.unit.plugins.filter import report_samples as samples

CHECKOUT = Path(__file__).resolve().parents[3]
OUTPUT = CHECKOUT / "tests/output/report"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = """
--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync --hide-scrollbars
"""
POLICY = re.compile(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>")
SCRIPT = "<script>document.title='owned'</script>"
IMAGE = '"><img src=x onerror="document.title=\'owned\'">'
JINJA, ESCAPED = "{{ 7 * 7 }} {% raw %}", "\\x7b{ 7 * 7 }} \\x7b% raw %}"
RIGHT_TO_LEFT = "\u202edetrevni\u202c \u05e9\u05dc\u05d5\u05dd"
STATES = ("ready", "not_ready", "differs", "missing", "left_out", "refused", "unselected")


def hostile() -> str:
    """A page in which every text that somebody else may choose would do harm."""
    return report_html(samples.everywhere(SCRIPT + IMAGE + JINJA + RIGHT_TO_LEFT), samples.TEMPLATE)


def many(collaborations: int) -> str:
    """A page of so many collaborations, each with 28 tables, some of them in each state."""
    tables = [samples.table(f"part_ibe_{number:02}", STATES[max(number - 21, 0)]) for number in range(28)]
    ids = [str(UUID(int=number)) for number in range(collaborations)]
    entries = [samples.collaboration(f"Partner {one} Collaboration", one, tables=tables) for one in ids]
    return report_html(samples.first(*entries), samples.TEMPLATE)


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


@dataclass(frozen=True)
class Browser:
    """A headless browser with a folder of its own, and a server on loopback that it reads pages from."""

    program: str
    folder: Path

    def run(self, page: str, *options: str) -> tuple[str, list[str]]:
        """Open a page; return what was printed, and the paths that were asked for."""
        site = self.folder / "site"
        site.mkdir(exist_ok=True)
        (site / "report.html").write_text(page, encoding="utf-8")
        handler = type("RememberingHandler", (Handler,), {"asked": []})
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(site))) as server:
            Thread(target=server.serve_forever, daemon=True).start()
            profile = f"--user-data-dir={self.folder}/profile-{server.server_port}"
            done = subprocess.run(
                [self.program, *QUIET.split(), profile, *options, f"http://127.0.0.1:{server.server_port}/report.html"],
                env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "LANG": "C.UTF-8"},
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=120,
                check=True,
            )
            server.shutdown()
        return done.stdout, handler.asked

    def keep(self, name: str, page: str, option: str, *options: str) -> bytes:
        """Keep a picture or a print of a page below tests/output, and return it."""
        OUTPUT.mkdir(parents=True, exist_ok=True)
        file = OUTPUT / name
        file.unlink(missing_ok=True)
        self.run(page, *options, f"--{option}={file}")
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
    assert (SCRIPT + IMAGE + ESCAPED).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in dom
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
    content = browser.keep("report.pdf", many(5), "print-to-pdf", "--no-pdf-header-footer")
    assert content.startswith(b"%PDF-")
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", content)
    assert 2 <= len(boxes) <= 12
    assert all(float(width) > float(height) for width, height in boxes)


def test_screenshots(browser: Browser) -> None:
    dark, light = (f"--blink-settings=preferredColorScheme={number}" for number in (0, 1))
    shots = [
        browser.keep("light.png", many(5), "screenshot", "--window-size=1440,1400", light),
        browser.keep("dark.png", many(5), "screenshot", "--window-size=1440,1400", dark),
        browser.keep("narrow.png", many(100), "screenshot", "--window-size=500,1400", light),
    ]
    assert all(shot.startswith(b"\x89PNG") and len(shot) > 50_000 for shot in shots)
    assert len(set(shots)) == len(shots)
