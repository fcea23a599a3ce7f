# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.acx.cleanrooms.plugins.filter.inventory import (
    FOR_GIT,
    GITIGNORE,
    inventory_files,
    written_lines,
)

Data = dict[str, Any]
HOSTS = """\
---
# One host is one account.
cleanrooms:
  hosts:
    provider:
      # cleanrooms_profile: my-profile
      cleanrooms_region: us-east-1
  vars:
    ansible_connection: local
"""
POLICY = "cleanrooms_id_namespace_name: N\ncleanrooms_id_namespace_arn: arn\n"


def files(variables: Data, host: str = "provider", present: str = "") -> dict[str, str]:
    """The contents of the files by their paths."""
    return {
        one["path"]: one["content"] for one in inventory_files(variables, host, HOSTS, POLICY, present_hosts=present)
    }


def test_without_settings_the_example_stands_but_for_its_id_namespace() -> None:
    assert files({"settings": {}}) == {
        "hosts.yml": HOSTS,
        "group_vars/cleanrooms.yml": "cleanrooms_id_namespace_name: N\n# cleanrooms_id_namespace_arn: arn\n",
        **FOR_GIT,
    }


def test_another_host_and_region_take_the_place_of_the_examples() -> None:
    found = files({"settings": {"cleanrooms_region": "eu-west-1"}}, host="second")
    assert yaml.safe_load(found["hosts.yml"]) == {
        "cleanrooms": {"hosts": {"second": None}, "vars": {"ansible_connection": "local"}}
    }
    assert yaml.safe_load(found["host_vars/second/settings.yml"]) == {"cleanrooms_region": "eu-west-1"}


def test_a_profile_alone_keeps_the_region() -> None:
    assert "cleanrooms_region: us-east-1" in files({"settings": {"cleanrooms_profile": "p"}})["hosts.yml"]


@pytest.mark.parametrize(
    ("present", "path"),
    [
        ("", "hosts.yml"),
        (HOSTS, "hosts_second.yml"),
        ("cleanrooms:\n  hosts:\n    second2:\n    a.second:\n", "hosts_second.yml"),
        ("cleanrooms:\n  hosts:\n    second:\n", "hosts.yml"),
        ("cleanrooms:\n  hosts:\n    'second': {}\n", "hosts.yml"),
    ],
)
def test_a_host_that_is_not_listed_gets_a_file_of_its_own(present: str, path: str) -> None:
    assert path in files({"settings": {}}, "second", present)


@pytest.mark.parametrize(
    "host", ["", "no", "True", "all", "localhost", "1", "-a", "a b", "../a", "a/b", "{{ a }}", "a\n"]
)
def test_what_cannot_be_a_host_is_refused(host: str) -> None:
    with pytest.raises(AnsibleFilterError, match="cleanrooms_host"):
        files({"settings": {}}, host)


def test_every_file_of_the_host_is_compared_and_private() -> None:
    variables = {"settings": {"a": 1}, "collaborations": [], "pending_invitations": [], "kept": [{"path": "p"}]}
    found = inventory_files(variables, "h", HOSTS, POLICY)
    own = ["host_vars/h/settings.yml", "host_vars/h/collaborations.yml", "host_vars/h/migrated.yml"]
    assert [one["path"] for one in found if one["compared"]] == [".gitignore", ".gitattributes", *own]
    assert {one["mode"] for one in found if one["path"] in own} == {"0600"}


def result(path: str, content: str = "new\n", changed: bool = False) -> Data:
    """What copy answers for one item."""
    return {"changed": changed, "item": {"path": path, "content": content}}


def slurped(path: str, content: str) -> Data:
    return {"item": {"path": path}, "content": base64.b64encode(content.encode()).decode()}


def test_each_file_has_a_line() -> None:
    written = [result("a", changed=True), result("b"), result("c"), result("d")]
    read = [slurped("c", "new\n"), slurped("d", "old\x1b\n")]
    assert written_lines(written, read, "inv") == [
        "wrote inv/a",
        "left alone: inv/b, which is there",
        "left alone: inv/c, which is there",
        "left alone: inv/d, which is there and says something else; --diff shows what",
    ]
    assert written_lines(written, read, "inv", check_mode=True, diff_mode=True) == [
        "would write inv/a",
        "left alone: inv/b, which is there",
        "left alone: inv/c, which is there",
        "left alone: inv/d, which is there and says something else",
        "    --- there",
        "    +++ not written",
        "    @@ -1 +1 @@",
        "    -old\\x1b",
        "    +new",
    ]


@pytest.mark.parametrize(
    ("path", "there", "lacks"),
    [
        (".gitignore", "*.lock\n", "*~"),
        (".gitignore", "# *.lock\n", "*.lock and *~"),
        (".gitignore", f"*.pyc\n{GITIGNORE}", ""),
        (".gitattributes", "* merge=union\n", "host_vars/*/collaborations.yml merge=text"),
        (".gitattributes", "host_vars/*/collaborations.yml\tmerge=text\n", ""),
    ],
)
def test_lines_that_files_for_git_lack_are_named(path: str, there: str, lacks: str) -> None:
    (line,) = written_lines([result(path, FOR_GIT[path])], [slurped(path, there)], "inv")
    assert line == f"left alone: inv/{path}, which is there" + (f" and lacks {lacks}; add that" if lacks else "")
