# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decorator that stands around each function of the API."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, code_of
from ansible_collections.acx.cleanrooms.plugins.module_utils._requests import CleanRoomsErrorHandler


def test_turns_into_ours() -> None:
    @CleanRoomsErrorHandler.common_error_handler("list the members")
    def ask() -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "No."}}, "ListMembers")

    with pytest.raises(CleanRoomsError) as caught:
        ask()
    assert "list the members" in str(caught.value.message)
    assert code_of(caught.value) == "AccessDeniedException"
