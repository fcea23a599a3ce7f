# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Sphinx builds the documentation site, of pages that lie as they lie in the repository; see tools/build-docs."""

from __future__ import annotations

REPOSITORY = "https://github.com/acx-collections/acx.cleanrooms"

project = html_title = html_short_title = "acx.cleanrooms"
author = project_copyright = "Contributors to the acx.cleanrooms project"

extensions = ["myst_parser", "sphinx_antsibull_ext"]
# Other files that pages link to, such as policies and pipelines, are there for download.
include_patterns = [
    "index.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "collections/**",
    "docs/*.md",
    "roles/cleanrooms/README.md",
    "tests/emulator/README.md",
]
myst_heading_anchors = 3

highlight_language = "YAML+Jinja"
pygments_style = "ansible"

html_theme = "sphinx_ansible_theme"
html_theme_options = {
    "documentation_home_url": "index.html",
    "topbar_links": {"Repository": REPOSITORY, "Issues": f"{REPOSITORY}/issues"},
}
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_use_index = False

# Every reference must lead somewhere. The exceptions are pages of Ansible itself, which Sphinx could find only by
# loading lists of them from the network.
default_role = "any"
nitpicky = True
nitpick_ignore_regex = [
    ("std:ref", r"ansible_collections\.ansible\.builtin\..*"),
    ("std:ref", "action_plugins"),
    ("std:ref", "common_return_values"),
    ("std:ref", "ansible_configuration_settings"),
]
