# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the contract is tried: on the emulator. The fixture surroundings alone would be another one for AWS."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config
from contract_world import Data, World, check_answer

from emulator import Emulator

PROVIDER, PARTNER, THIRD = "111122223333", "222233334444", "333344445555"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "row(start): the row of 'what is modelled' that the test proves")


@pytest.fixture(scope="session")
def surroundings() -> Iterator[Data]:
    """Two accounts' clients, and what AWS Clean Rooms itself cannot make."""
    scenario = {
        "accounts": [{"id": PROVIDER}, {"id": PARTNER}],
        "roles": [{"account": PROVIDER, "names": ["one", "another"]}],
        "id_namespaces": [{"account": PROVIDER, "name": name} for name in ("First", "Second")],
    }
    with Emulator(scenario) as emulator:
        clients = []
        for account_id in (PROVIDER, PARTNER):
            session = boto3.Session(account_id, "any", region_name="us-east-1")
            # The service refuses what breaks the model, not botocore.
            config = Config(parameter_validation=False)
            clients.append(session.client("cleanrooms", endpoint_url=emulator.url, config=config))
            clients[-1].meta.events.register("after-call.cleanrooms", check_answer)
        namespace = f"arn:aws:entityresolution:us-east-1:{PROVIDER}:idnamespace/"
        yield {
            "provider": clients[0],
            "partner": clients[1],
            "provider_id": PROVIDER,
            "partner_id": PARTNER,
            "third_id": THIRD,
            "roles": [f"arn:aws:iam::{PROVIDER}:role/{name}" for name in ("one", "another")],
            "namespaces": [namespace + name for name in ("First", "Second")],
        }


@pytest.fixture
def world(surroundings: Data) -> Iterator[World]:
    """The two accounts at work. What a test made is taken away after it."""
    world = World(**surroundings)
    before = world.everything()
    yield world
    world.clear()
    assert world.everything() == before
