# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.acx.cleanrooms.plugins.filter.report import report_html, report_lines
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import printable
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._report_page import time_text
from ansible_collections.acx.cleanrooms.tests.unit.plugins.filter.report_samples import (
    TEMPLATE,
    TWO,
    Data,
    collaboration,
    everywhere,
    first,
    table,
)

HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</style></title><b>&lt;&amp;",
    "{{ 7 * 7 }}{% raw %}{# #}",
    "]]><!-- --!> <![CDATA[",
    "\u202egnorw\u2066 \x1b[31m\r\n\x00\ud800",
)


class Page(HTMLParser):
    """What a browser makes of a page: the tags with the names of their attributes, and the texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.values: dict[str, list[str]] = {}
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _value in attrs)))
        for name, value in attrs:
            self.values.setdefault(name, []).append(value or "")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def page(report: Data) -> Page:
    return Page(report_html(report, TEMPLATE))


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1))
def test_no_text_adds_a_tag_or_an_attribute_to_the_page(text: str) -> None:
    shown = page(everywhere(text))
    assert shown.tags == page(everywhere("x")).tags
    assert printable(text.encode(errors="backslashreplace").decode()) in shown.texts


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_shown_as_they_are(text: str) -> None:
    shown = page(everywhere(text))
    assert shown.tags == page(everywhere("x")).tags
    assert shown.texts.count(printable(text.encode(errors="backslashreplace").decode())) > 10
    assert "".join(shown.texts).replace("\n", "").isprintable()


def test_the_page_needs_nothing_from_elsewhere_and_its_links_lead_somewhere() -> None:
    html = report_html(everywhere("x"), TEMPLATE)
    shown = Page(html)
    tags = {tag for tag, _names in shown.tags}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "form", "base", "svg"})
    assert set(shown.values).isdisjoint({"src", "style", "action", "srcset"})
    assert not [name for name in shown.values if name.startswith("on")]
    assert "url(" not in html
    assert "@import" not in html
    assert len(shown.values["id"]) == len(set(shown.values["id"]))
    assert {href.removeprefix("#") for href in shown.values["href"]} <= set(shown.values["id"])
    assert set(shown.values["aria-labelledby"]) <= set(shown.values["id"])


def test_every_state_has_a_word_a_reason_and_a_link_to_it() -> None:
    states = ["not_ready", "differs", "missing", "left_out", "refused", "unselected"]
    html = report_html(first(collaboration(tables=[table(f"t{n}", one) for n, one in enumerate(states)])), TEMPLATE)
    for number, (state, word) in enumerate(
        zip(states, ["not ready", "differs", "missing", "left out", "refused", "not selected"], strict=True)
    ):
        cell = f'<td class="{state}"><a href="#c1-t{number}" title="acx_t{number}: it is not associated. Run the'
        assert cell in html
        assert f"</span> {word}</a></td>" in html
        assert f'<li id="c1-t{number}"><code>acx_t{number}</code></li>' in html


def test_a_table_that_is_not_to_be_in_a_collaboration_has_a_cell_that_says_so() -> None:
    html = report_html(first(collaboration(), collaboration("B", TWO, tables=[table("part_02")])), TEMPLATE)
    assert html.count('<td class="none">') == 2
    assert html.count('<td class="ready">') == 2


def test_the_same_reason_is_told_once_for_all_tables() -> None:
    tables = [table("a", "missing"), table("b", "missing"), table("c", "differs")]
    texts = page(first(collaboration(tables=tables))).texts
    assert texts.count("it is not associated") == 2


@pytest.mark.parametrize(
    ("collaborations", "headline"),
    [
        ([], "No collaboration is recorded."),
        ([collaboration()], "The collaboration stands as recorded."),
        ([collaboration(as_recorded=False)], "The collaboration does not stand as recorded."),
        ([collaboration(), collaboration("B", TWO)], "All 2 collaborations stand as recorded."),
        ([collaboration(as_recorded=False), collaboration("B", TWO)], "1 of 2 collaborations stands as recorded."),
    ],
)
def test_the_page_and_the_terminal_begin_with_how_the_collaborations_stand(
    collaborations: list[Data], headline: str
) -> None:
    report = first(*collaborations)
    assert headline in page(report).texts
    assert report_lines(report, "report.html") == [
        headline,
        "No report before differs from this one.",
        "The page: report.html",
    ]


def test_a_collaboration_that_is_wholly_refused_is_briefly_told() -> None:
    refused = collaboration(refused="members changed: 1", tables=[table("a", "refused"), table("b", "refused")])
    unread = collaboration("B", TWO, tables=[], error="no")
    gained = collaboration("C", TWO, tables=[], as_recorded=False, unreviewed=["it may CAN_QUERY", "it pays"])
    texts = [one.strip() for one in page(first(refused, unread, gained)).texts]
    for told in (": refused", ": could not be read", ": not reviewed"):
        assert told in texts
    assert "it may CAN_QUERY" in " ".join(texts)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, from 1 to 21."""
    luminances = []
    for colour in (one, other):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        luminances.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])
    return (max(luminances) + 0.05) / (min(luminances) + 0.05)


def schemes() -> dict[str, dict[str, str]]:
    blocks = re.findall(r":root \{(.*?)\}", TEMPLATE, re.DOTALL)
    light, dark, paper = (dict(re.findall(r"--(\S+): (#[0-9a-f]{6});", block)) for block in blocks)
    return {"light": light, "dark": {**light, **dark}, "paper": {**light, **paper}}


@pytest.mark.parametrize("scheme", ["light", "dark", "paper"])
def test_every_text_has_enough_contrast(scheme: str) -> None:
    colours = schemes()[scheme]
    pairs = [
        (name, f"{name.rpartition('-')[0]}-back") for name in colours if name.endswith(("-text", "-quiet", "-link"))
    ]
    assert len(pairs) > 15
    for front, back in pairs:
        assert contrast(colours[front], colours[back]) >= 4.5, (front, back)
    for back in ("page-back", "panel-back", "head-back"):
        assert contrast(colours["focus"], colours[back]) >= 3


def test_every_colour_is_set_in_both_schemes_and_used() -> None:
    blocks = re.findall(r":root \{(.*?)\}", TEMPLATE, re.DOTALL)
    light, dark, _paper = (set(re.findall(r"--(\S+):", block)) for block in blocks)
    used = set(re.findall(r"var\(--([a-z_-]+)\)", TEMPLATE)) | {
        f"{state}-{what}"
        for state in (
            "unreviewed_receiver",
            "ready",
            "not_ready",
            "differs",
            "missing",
            "left_out",
            "refused",
            "unselected",
            "none",
        )
        for what in ("back", "text")
    }
    assert light == dark == used


@pytest.mark.parametrize(
    ("time", "text"),
    [
        ("2026-11-22T17:20:05+00:00", "2026-11-22 17:20 UTC"),
        ("2026-11-22T17:20:05", "2026-11-22 17:20 UTC"),
        ("2026-11-22T17:20:05+01:00", "2026-11-22 16:20 UTC"),
        ("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59-12:00"),
        ("soon", "soon"),
    ],
)
def test_times_are_shown_in_utc(time: str, text: str) -> None:
    assert time_text(time) == text


@pytest.mark.parametrize(
    ("reviewed", "shown"),
    [
        ({"at": "2026-11-27T12:00:00+00:00", "by": "arn:x"}, "on 2026-11-27 12:00 UTC by arn:x"),
        ({"at": "", "by": "arn:x"}, "by arn:x"),
        ({"at": "2026-11-27T12:00:00+00:00", "by": ""}, "on 2026-11-27 12:00 UTC"),
        ({"at": "", "by": ""}, None),
    ],
)
def test_the_page_says_who_reviewed_the_members(reviewed: Data, shown: str | None) -> None:
    texts = page(first(collaboration(reviewed=reviewed))).texts
    assert ("Members reviewed" in texts) == (shown is not None)
    assert shown is None or shown in texts
