# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of botocore whose HTTP answers are put in by hand."""

from __future__ import annotations

import functools
import json
from typing import Any

import botocore.session
from botocore.awsrequest import AWSResponse

from ansible_collections.acx.cleanrooms.plugins.module_utils._answers import keep_raw_answers


@functools.cache
def the_client() -> Any:
    """A client; to make one takes long."""
    client = botocore.session.Session().create_client(
        "cleanrooms", "us-east-1", aws_access_key_id="none", aws_secret_access_key="none"
    )
    keep_raw_answers(client)
    return client


class Wire:
    """A client whose requests never leave the machine: C(answers) are what the service says, one after the other."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.client = the_client()
        self.client.meta.events.unregister("before-send.cleanrooms", unique_id="wire")
        self.client.meta.events.register("before-send.cleanrooms", self._answer, unique_id="wire")

    def _answer(self, request: Any, event_name: str, **_kwargs: Any) -> AWSResponse:
        self.asked.append(event_name.rpartition(".")[2])
        answer = self.answers.pop(0)
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        content = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        response = AWSResponse(request.url, status, {}, None)
        response._content = content
        return response
