# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of the collection, and how what people write as a task's options is read, whoever it comes from.

A survey gives texts, extra vars are texts or JSON, a vars file may say null. What could mean two things is an error,
and never the one that shares more.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import label_of
from ansible_collections.acx.cleanrooms.plugins.module_utils._validate import kind_of

Data = dict[str, Any]
INTERNAL = "__cleanrooms_"
SPECS = Path(__file__).parents[2] / "roles" / "cleanrooms" / "meta" / "argument_specs.yml"
# What the collection leaves to others, or writes into the record.
TOLD = {
    "cleanrooms_summary",
    "cleanrooms_verification",
    "cleanrooms_pending_invitations",
    "cleanrooms_record_version",
    "cleanrooms_migrated",
}
# Two edits leave at least one of three pieces whole.
PIECES = ("clea", "nroo", "ms_")
EDITS = 2
# Where Terraform's output of an account without an ID namespace is null or an empty text.
MAY_BE_NOTHING = {"id_namespace_arn": "cleanrooms_id_namespace_arn"}
# What amazon.aws calls the options of the connection, and our pace.
CONNECTION_OPTIONS = {
    *("region", "aws_region", "ec2_region", "profile", "aws_profile"),
    *("endpoint_url", "aws_endpoint_url", "ec2_url", "s3_url"),
    *("access_key", "aws_access_key", "aws_access_key_id", "ec2_access_key"),
    *("secret_key", "aws_secret_key", "aws_secret_access_key", "ec2_secret_key"),
    *("session_token", "aws_session_token", "security_token", "aws_security_token", "access_token"),
    *("validate_certs", "aws_ca_bundle", "aws_config", "debug_botocore_endpoint_logs", "requests_per_second"),
}
LISTS = {
    *("accept_abilities", "accept_auto_approved_changes", "additional_analyses", "allowed_members"),
    *("allowed_receivers", "collaboration_ids", "configured_table_ids", "confirm", "confirm_accounts", "details"),
    *("exclude", "include", "only", "result_receivers", "tolerated_states", "trusted_creators"),
}
# An empty one of these shares more than a list of nothing, or the one where the other was meant.
NEVER_EMPTY = {"exclude", "result_receivers", "allowed_members"}
OMITTED = "__omit_place_holder__"
EMPTY = "is empty; write [] for none, or leave the variable out"
# The variables that the entry points give to an option, where it is not called the same.
VARIABLES = {
    "name": ("cleanrooms_id_namespace_name",),
    "collaboration_ids": ("cleanrooms_leave", "cleanrooms_accept"),
    "confirm": ("cleanrooms_confirm_members",),
    "record": ("cleanrooms_record_file",),
    "wait_timeout": ("cleanrooms_ready_timeout",),
    "force": ("cleanrooms_leave_force",),
}


def known_variables() -> frozenset[str]:
    """Return the names of the collection's variables: those of the role's entry points, and what it tells."""
    with SPECS.open("rb") as file:
        specs = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["argument_specs"]
    return frozenset(TOLD.union(*(spec.get("options", {}) for spec in specs.values())))


def check_variables(variables: Mapping[str, Any]) -> None:
    """Raise C(CleanRoomsError) for a variable that is a misspelt one of the collection's, or is null.

    A misspelt C(cleanrooms_exclude) would share a table. Others that begin with C(cleanrooms_) are the user's own.
    """
    known = known_variables()
    for name, value in variables.items():
        if name in known:
            if value is None and name not in MAY_BE_NOTHING.values():
                raise CleanRoomsError(f"{name}: is null; write what is meant, or leave the variable out")
            if isinstance(value, str) and not value.strip() and name.removeprefix("cleanrooms_") in NEVER_EMPTY:
                raise CleanRoomsError(f"{name}: {EMPTY}")
        elif any(piece in name.lower() for piece in PIECES) and not name.startswith(INTERNAL):
            for right in sorted(known):
                if _near(name.lower(), right):
                    raise CleanRoomsError(f"{name}: is no variable of this collection; write {right}, or rename it")


def _near(name: str, right: str) -> bool:
    """Return whether no more than two letters must be put in, taken out or changed to make one of the other."""
    if abs(len(name) - len(right)) > EDITS:
        return False
    row = list(range(len(right) + 1))
    for place, letter in enumerate(name, 1):
        before, row = row, [place]
        for index, other in enumerate(right):
            row.append(min(before[index] + (letter != other), before[index + 1] + 1, row[index] + 1))
    return row[-1] <= EDITS


def check_not_omitted(written: Any, made: Any, place: str) -> None:
    """Raise C(CleanRoomsError) where a template in a value became C(omit), which drops the key or the element.

    In a record that says nothing of the kind, and a key that is dropped can share more. ansible-core 2.18 leaves a
    placeholder there, later ones leave nothing.
    """
    if isinstance(made, str) and made.startswith(OMITTED):
        raise CleanRoomsError(f"{place}: is omit; leave the key out")
    if isinstance(written, Mapping) and isinstance(made, Mapping):
        for key, value in written.items():
            check_not_omitted(value, made.get(key, OMITTED), f"{place}.{key}")
    elif isinstance(written, list) and isinstance(made, list):
        for number, value in enumerate(written, 1):
            entry = made[number - 1] if len(made) == len(written) else OMITTED
            check_not_omitted(value, entry, f"{place}[{label_of(value, number)}]")


def called(option: str, variables: Mapping[str, Any]) -> str:
    """Return how messages call an option: by its name, and that of the variable that the entry points give to it."""
    names = VARIABLES.get(option, (f"cleanrooms_{option}",))
    given = next((name for name in names if name in variables), "")
    return f"{option} ({given})" if given else option


def options_read(arguments: Mapping[str, Any], variables: Mapping[str, Any]) -> Data:
    """Return a task's options, those that are lists as lists; raise C(CleanRoomsError) for what is not clear.

    Of the connection, and of C(id_namespace_arn), null and an empty text mean that it is not given.
    """
    found: Data = {}
    for option, value in arguments.items():
        if option in CONNECTION_OPTIONS:
            found[option] = value
        elif option in MAY_BE_NOTHING and value in (None, ""):
            found[option] = ""
        elif value is None:
            nothing = " ([] for none)" if option in LISTS else ""
            raise CleanRoomsError(
                f"{called(option, variables)}: is null; write what is meant{nothing}, or leave it out"
            )
        elif option in LISTS:
            found[option] = texts_of(value, called(option, variables), may_be_empty=option not in NEVER_EMPTY)
        else:
            found[option] = value
    return found


def texts_of(value: Any, name: str, may_be_empty: bool = True) -> list[str]:
    """Return the texts of a list, or of a text with commas, line ends or JSON's brackets.

    Raises C(CleanRoomsError) with C(name) for anything else, for elements that are no texts or empty, and, unless it
    C(may_be_empty), for an empty text, which could mean none as well as all.
    """
    if isinstance(value, str):
        text = value.strip()
        if not text and not may_be_empty:
            raise CleanRoomsError(f"{name}: {EMPTY}")
        if text.startswith("["):  # JSON, or a glob: one that is neither matches nothing, which is an error
            with contextlib.suppress(ValueError):
                return texts_of(json.loads(text), name)
        return _parts(text)
    if not isinstance(value, Iterable) or isinstance(value, (bytes, Mapping)):
        raise CleanRoomsError(f"{name}: is {kind_of(value)}; write a list of texts in quotes, [] for none")
    texts: list[str] = []
    for one in value:
        if not isinstance(one, str):
            raise CleanRoomsError(f"{name}: holds {kind_of(one)}; write each in quotes")
        parts = _parts(one)
        if not parts:
            raise CleanRoomsError(f"{name}: holds an empty text; leave it out")
        texts += parts
    return texts


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,\r\n]", str(text)) if part.strip()]
