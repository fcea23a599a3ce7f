# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that make the inventory of an account in a Region, and say what became of each file."""

from __future__ import annotations

import base64
import difflib
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, explain, printable
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_file import check_not_hidden
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_text import Content, record_text
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._yaml import FreeText, RecordDumper, plain

Data = dict[str, Any]
SETTINGS_HEADING = "What is true of {host} alone. The policy for all hosts is in group_vars/cleanrooms.yml."
KEPT_HEADING = "What the old configuration file said and nothing here reads. Delete it when you need it no more."
EXAMPLE_HOST = "provider"
# Names of groups, of the machine itself, and what YAML takes for something else than a text.
NO_HOSTS = ("all", "cleanrooms", "localhost", "ungrouped", "yes", "no", "on", "off", "true", "false", "null")
GITIGNORE = """\
# Locks, and what stands beside a record that was replaced.
*.lock
*~
"""
# The setting merge=union of a repository would put one partner's account among another's members, without a conflict.
GITATTRIBUTES = """\
host_vars/*/collaborations.yml merge=text
"""
# Of these, each line counts by itself: a repository has others besides.
FOR_GIT = {".gitignore": GITIGNORE, ".gitattributes": GITATTRIBUTES}
# No template can be made of these.
HARMLESS = r"[\w.:/*+=,@-]*"


def _free_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {_free_texts(key): _free_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_free_texts(item) for item in value]
    return FreeText(value) if isinstance(value, str) and not re.fullmatch(HARMLESS, value, re.ASCII) else value


def _vars_yaml(variables: Data, heading: str) -> str:
    content = {key: _free_texts(value) for key, value in variables.items()}
    text: str = yaml.dump(content, Dumper=RecordDumper, sort_keys=False, width=sys.maxsize)
    return f"---\n# {heading}\n{text}"


def _hosts_file(host: str, example: str, present: str, has_region: bool) -> Data:
    # The example's own Region goes where another one is known.
    own_lines = r"(?:      .*\n)*" if has_region else ""
    content = re.sub(rf"(?m)^    {EXAMPLE_HOST}:\n{own_lines}", f"    {host}:\n", example)
    listed = re.search(rf"(?m)^\s+[\"']?{re.escape(host)}[\"']?:", present)
    # Ansible puts all files of an inventory folder together.
    path = f"hosts_{host}.yml" if present and not listed else "hosts.yml"
    return {"path": path, "content": content, "mode": "0644", "compared": False}


def inventory_files(
    variables: Mapping[str, Any],
    host: str,
    example_hosts: str,
    example_policy: str,
    *,
    present_hosts: str = "",
    folder: str = "",
) -> list[Data]:
    """Return the files of an inventory, each with C(path), C(content), C(mode) and whether it is to be C(compared).

    C(variables) are what C(migrated_configuration) returns, or C(settings) alone. C(present_hosts) is what hosts.yml
    holds already; it is left alone, and a host that is not in it gets a file of its own beside it. Raises
    AnsibleFilterError where one of them would hide a vars file in C(folder), or be hidden by one.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]*", host) or host.lower() in NO_HOSTS:
        raise AnsibleFilterError(f"cleanrooms_host: {host!r} cannot be the name of a host; take one like provider-eu")
    new: Data = plain(variables)
    # Nobody's ID namespace is the example's.
    policy = re.sub(r"(?m)^(cleanrooms_id_namespace_arn:)", r"# \1", example_policy)
    shared = [{"path": "group_vars/cleanrooms.yml", "content": policy, "mode": "0644", "compared": False}]
    shared += [{"path": path, "content": text, "mode": "0644", "compared": True} for path, text in FOR_GIT.items()]
    files = [
        _hosts_file(host, example_hosts, present_hosts, "cleanrooms_region" in new["settings"]),
        *shared,
    ]
    own: dict[str, str] = {}
    if new["settings"]:
        own["settings"] = _vars_yaml(new["settings"], SETTINGS_HEADING.format(host=host))
    if "collaborations" in new:
        content = Content(new["collaborations"], new["pending_invitations"])
        own["collaborations"] = record_text(content, host)
    if new.get("kept"):
        own["migrated"] = _vars_yaml({"cleanrooms_migrated": new["kept"]}, KEPT_HEADING)
    files += [
        {"path": f"host_vars/{host}/{name}.yml", "content": content, "mode": "0600", "compared": True}
        for name, content in own.items()
    ]
    _check_not_hidden(Path(folder), files)
    return files


def _check_not_hidden(folder: Path, files: list[Data]) -> None:
    for file in files if folder.is_absolute() else ():
        try:
            check_not_hidden(folder / file["path"])
        except CleanRoomsError as error:
            raise AnsibleFilterError(explain(error)) from error


def written_lines(
    written: Iterable[Mapping[str, Any]],
    read: Iterable[Mapping[str, Any]],
    folder: str,
    check_mode: bool = False,
    diff_mode: bool = False,
) -> list[str]:
    """Return a line for each file: whether it was written, or left alone, and then whether it says something else.

    Of the files for git it is told which lines they lack.

    C(written) and C(read) are the results of the loops over M(ansible.builtin.copy) and M(ansible.builtin.slurp).
    """
    texts = {one["item"]["path"]: base64.b64decode(one["content"]).decode(errors="replace") for one in read}
    lines = []
    for one in written:
        path, wanted = one["item"]["path"], one["item"]["content"]
        missing = _missing_lines(texts[path], wanted) if path in FOR_GIT and path in texts else []
        if one["changed"]:
            lines.append(f"{'would write' if check_mode else 'wrote'} {folder}/{path}")
        elif missing:
            lines.append(f"left alone: {folder}/{path}, which is there and lacks {' and '.join(missing)}; add that")
        elif path in FOR_GIT or texts.get(path, wanted) == wanted:
            lines.append(f"left alone: {folder}/{path}, which is there")
        else:
            hint = "" if diff_mode else "; --diff shows what"
            lines.append(f"left alone: {folder}/{path}, which is there and says something else{hint}")
            lines += _difference(texts[path], wanted) if diff_mode else []
    return [printable(line) for line in lines]


def _missing_lines(there: str, wanted: str) -> list[str]:
    present = {" ".join(line.split()) for line in there.splitlines()}
    return [line for line in wanted.splitlines() if not line.startswith("#") and line not in present]


def _difference(there: str, wanted: str) -> list[str]:
    found = difflib.unified_diff(there.splitlines(), wanted.splitlines(), "there", "not written", n=1, lineterm="")
    return [f"    {line}" for line in found]


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"inventory_files": inventory_files, "written_lines": written_lines}
