# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request to the emulator's control API, without the half second that a run of the module uri takes."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import Request, urlopen

from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """C(lookup('cleanrooms_control', 'PUT', 'settings', {...})): the method, the path and the body if there is one."""

    def run(self, terms: list[Any], variables: Any = None, **_options: Any) -> list[Any]:
        """Return the answer; an error of the emulator ends the task."""
        method, path, *bodies = terms
        url = f"{self._templar.template(variables['endpoint_url'])}/_emulator/{path}"
        body = json.dumps(bodies[0]).encode() if bodies else None
        request = Request(url, body, {"Content-Type": "application/json"}, method=method)
        with urlopen(request, timeout=30) as answer:
            return [json.load(answer)]
