# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A filter that reads the record where the inventory does not bring it along."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var


class RecordLoader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML is not typed
    """Reads texts with the tag !unsafe as what they are."""


RecordLoader.add_constructor("!unsafe", RecordLoader.construct_yaml_str)


def recorded(path: str, key: str) -> list[Any]:
    """Return what a record file holds under a key; an empty list where there is no file. No text in it is a template.

    Raises AnsibleFilterError for a file that is there and cannot be read.
    """
    file = Path(path)
    if not file.exists():
        return []
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=RecordLoader)
        found = (content or {}).get(key) or []
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError) as error:
        raise AnsibleFilterError(f"The record file {path} cannot be read: {error}") from error
    return list(wrap_var(found))


class FilterModule:
    """What Ansible asks for the filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by name."""
        return {"recorded": recorded}
