# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operation with all members of its request, and without each of those that are optional."""

from __future__ import annotations

from typing import Any

from contract_story import Path, optional_paths, send, tell, without
from contract_world import Data, World, row


@row("optional members", source="model", sure="documented")
def test_each_optional_member_can_be_left_out(world: World) -> None:
    left_out: list[tuple[str, Path]] = []

    def note(client: Any, operation: str, parameters: Data) -> Data:
        shape = client.meta.service_model.operation_model(operation).input_shape
        given = list(optional_paths(shape, parameters))
        left_out.extend((operation, path) for path in given)
        # A page's token is what an answer before it gave.
        missing = set(shape.members) - set(shape.required_members) - {path[0] for path in given} - {"nextToken"}
        assert not missing, f"The story's {operation} lacks {missing}."
        return send(world, client, operation, parameters)

    tell(world, note)
    assert len(left_out) > 70
    for wanted, path in left_out:

        def call(client: Any, operation: str, parameters: Data, wanted: str = wanted, path: Path = path) -> Data:
            if operation != wanted:
                return send(world, client, operation, parameters)
            send(world, client, operation, without(parameters, path))
            raise StopIteration

        tell(world, call)
        world.clear()
