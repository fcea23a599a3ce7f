# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A filter for ids that are given on the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._variables import texts_of
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._yaml import plain


def id_list(ids: str | Iterable[str] | None) -> list[str]:
    """Return ids given as a list, as one text, or as texts with commas or line ends between them, each once.

    Null is none here; the actions refuse a variable that is null. Raises AnsibleFilterError for what holds no texts.
    """
    try:
        return list(dict.fromkeys(texts_of(plain(ids), "the list of ids"))) if ids is not None else []
    except CleanRoomsError as error:
        raise AnsibleFilterError(str(error.message)) from error


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"id_list": id_list}
