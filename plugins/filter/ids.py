# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A filter for ids that are given on the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ansible.errors import AnsibleFilterError


def id_list(ids: str | Iterable[str] | None) -> list[str]:
    """Return ids given as a list, as one text, or as texts with commas between them, each once.

    Raises AnsibleFilterError for null: what was emptied by mistake must not count as left out.
    """
    if ids is None:
        raise AnsibleFilterError("is null; write [] for none, or remove the variable")
    texts = [ids] if isinstance(ids, str) else ids
    listed = [part.strip() for text in texts for part in str(text).split(",")]
    return list(dict.fromkeys(filter(None, listed)))


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"id_list": id_list}
