# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of values: what each lets pass and what it refuses, and that AWS's own model says the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _validate as validate
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import OWN, id_of, plain
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import fits

Check = Callable[[str, Any], object]
UUID, ROLE = id_of("any"), f"arn:aws:iam::{OWN}:role/"
NAMESPACE = f"arn:aws:entityresolution:us-east-1:{OWN}:idnamespace/"
MODEL = f"arn:aws:cleanrooms:us-east-1:{OWN}:membership/{UUID}/configuredaudiencemodelassociation/{UUID}"
ALGORITHM = f"arn:aws:cleanrooms-ml:us-east-1:{OWN}:membership/{UUID}/configured-model-algorithm-association/{UUID}"
# Texts that stress every pattern: none of them may pass a check of a name or an id.
STRANGE = ["", " ", "\n", "{{ lookup('pipe', 'id') }}", "a\nb", "a\x00b", "../etc", "ä" * 5, "\u202eevil", "a\u2028b"]
GLOBBED = ("part_01", "part_02", "Part_03", "part_[x]")


def up_to(length: int, start: str) -> str:
    """Return a text of a length that begins as given."""
    return start + "x" * (length - len(start))


def each(check: Callable[[str, list[Any]], object]) -> Check:
    """Return a check of one value, from a check of a list."""
    return lambda option, value: check(option, [value])


def place(key: str) -> Check:
    """Return a check of one suboption of a result configuration."""
    return lambda option, value: validate.check_result_place(option, {"bucket": "abc", key: value})


def described(option: str, value: str) -> None:
    validate.check_text(option, value, validate.DESCRIPTION_LENGTH)


def named(option: str, value: str) -> None:
    validate.check_text(option, value, validate.NAMESPACE_NAME_LENGTH, True)


def globbed(option: str, pattern: str) -> None:
    validate.check_globs(option, [pattern], iter(GLOBBED))


def passes(check: Callable[..., object], value: Any, *more: Any) -> bool:
    """Return whether a check lets a value pass; where it does not, its message must begin with the option."""
    try:
        check("the_option", value, *more)
    except CleanRoomsError as caught:
        refusal = caught
    else:
        return True
    assert refusal.exception is None
    assert str(refusal.message).startswith("the_option")
    return False


# A check; the shape of AWS's model that must agree, where it speaks of the same; values that pass; others that do not.
RULES: dict[str, tuple[Check, str, list[Any], list[Any]]] = {
    "uuid": (
        each(validate.check_uuids), "UUID", [UUID],
        [*STRANGE, UUID.upper(), UUID + "\n", " " + UUID, UUID + UUID, UUID[:35], UUID.replace("-", "")],
    ),
    "account": (
        each(validate.check_account_ids), "AccountId", ["000000000000", OWN],
        [*STRANGE, OWN + "\n", OWN + " ", OWN[:11], OWN + "1", "-11122223333", "1e11",
         "\u0661" * 12, "\uff11" * 12, "\u0e51" * 12],
    ),
    "role": (validate.check_role, "RoleArn", [ROLE + "a", ROLE + "p/a+b=c.d@e-f_0", up_to(512, ROLE)], []),
    "role, of which the model says less": (
        validate.check_role, "",
        [ROLE.replace("aws", "aws-us-gov") + "name", ROLE.replace("aws", "aws-cn") + "name", "a", "a" * 64, "+=,.@-_"],
        [*STRANGE, "a" * 65, "path/name", "name\n", ROLE, ROLE + "name\n", ROLE.replace("role/", "user/name"), "arn:",
         ROLE.replace(OWN, OWN[:11]) + "name", ROLE.replace("::", ":us-east-1:") + "name", ROLE + "a b",
         f"arn:aws:sts::{OWN}:assumed-role/name/session", up_to(513, ROLE)],
    ),
    "namespace": (
        validate.check_id_namespace_arn, "IdNamespaceAssociationInputReferenceArn",
        [*(NAMESPACE.replace("us-east-1", region) + "ACX-Id_Namespace1" for region in ("eu-central-1", "us-east-1")),
         up_to(256, NAMESPACE)],
        [*STRANGE, "ACXIdNamespace", NAMESPACE, NAMESPACE + "x\n", NAMESPACE + "x y", NAMESPACE + "x/y",
         NAMESPACE.replace("idnamespace", "matchingworkflow") + "x", NAMESPACE.replace("us-east-1", "") + "x",
         NAMESPACE.replace(OWN, "me") + "x", up_to(257, NAMESPACE)],
    ),
    "namespace of other partitions, deliberately": (
        validate.check_id_namespace_arn, "",
        [NAMESPACE.replace("aws:", "aws-us-gov:") + "x", NAMESPACE.replace("aws:", "aws-cn:") + "x"], [],
    ),
    "association": (
        validate.check_association_name, "TableAlias",
        ["a", "_", "0", "acx_part_ibe_01", "ab-c", "a b", "a - b", "a  b", "a" * 128],
        [*STRANGE, "a-b", "A-b-c", "ab-", "-a", "a-", "a--b", " a", "a.b", "a/b", "a*", "tablé", "a\n", "a\tb",
         "acx_🎉", "a" * 129],
    ),
    **{
        f"description of {kind}": (
            described, kind, ["", "plain", "two\nlines\tand\rmore", "a" * 255, "協業 🎉", " "],
            ["a" * 256, "\x00", "a\x07b", "\x1b[31m", "\x0b", "\x0c", "a\x1f"],
        )
        for kind in ("TableDescription", "ResourceDescription")
    },
    "name": (
        named, "GenericResourceName", ["a", "ACXIdNamespace", "a b", " a", "a\tb", "協業 🎉", "a" * 100],
        ["", " ", "\t", "\n", "a" * 101, "a\x00", "\x1b[31m", "two\nlines", "a\r"],
    ),
    "analysis": (
        each(validate.check_additional_analyses), "AdditionalAnalysesResourceArn",
        [MODEL, ALGORITHM, ALGORITHM.replace(OWN, "*"), MODEL.replace(UUID, "*"), up_to(256, ALGORITHM)],
        [*STRANGE, "*", UUID, MODEL + "\n", ALGORITHM + " ", up_to(257, ALGORITHM)],
    ),
    "analyses in one": (each(validate.check_additional_analyses), "", [], [MODEL + "," + ALGORITHM]),
    "tags": (
        validate.check_tags, "",
        [None, {}, {"a": ""}, {"k" * 128: "v" * 256}, {"Team": "x", "team": "y"}, {"awsome": "x"}, {"my:aws:x": "y"}],
        [{"": "x"}, {"k" * 129: "x"}, {"k": "v" * 257}, {"aws:x": "y"}, {"AWS:x": "y"}, {"Aws:": "y"}, {"n": 1},
         {"n": True}, {"n": None}, {"n": ["x"]}],
    ),
    "bucket": (
        place("bucket"), "ProtectedQueryS3OutputConfigurationBucketString",
        ["abc", "a-b.c-d", "a.b", "1.2.3.a", "1a.2", "a" * 63, "123"],
        [*STRANGE, "ab", "a" * 64, "Abc", "a_b", "-ab", "ab-", "a..b", "a.-b", ".ab", "192.168.0.1", "abc\n"],
    ),
    "key prefix": (
        place("key_prefix"), "KeyPrefix", ["", "a", "a/b_c-d.e=f*g!", "x" * 512],
        ["x" * 513, "a b", "ä", "a\n", "a?b", "{{ x }}"],
    ),
    "no key prefix": (place("key_prefix"), "", [None], []),
    "role of results": (place("role_arn"), "", [None, ROLE + "x", up_to(512, ROLE)], ["x", up_to(513, ROLE)]),
    "glob": (
        globbed, "", ["*", "part_*", "part_0?", "part_0[12]", "Part_03", "part_[[]x]", "part_0[!1]"],
        ["", "part", "PART_*", "part_[x]y", "part_9?", "?", "part_0[3-9]", "^part.*"],
    ),
    "duplicates": (
        validate.check_no_duplicates, "", [[], ["a"], ["a", "A"], ["a", "a "]],
        [["a", "a"], ["a", "b", "a"], ["", ""]],
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("check", "of_model", "value", "right"),
    [
        pytest.param(check, of_model, value, right, id=plain(f"{name}, {'right' if right else 'wrong'}: {value}"))
        for name, (check, of_model, rights, wrongs) in RULES.items()
        for right, values in ((True, rights), (False, wrongs))
        for value in values
    ],
)
def test_each_value(check: Check, of_model: str, value: Any, right: bool) -> None:
    assert passes(check, value) is right
    assert not of_model or fits(of_model, value) is right


TAGS = {str(number): "x" for number in range(validate.TAGS)}
ANALYSES = [f"{ALGORITHM}{number}" for number in range(validate.ADDITIONAL_ANALYSES)]


@pytest.mark.parametrize(
    ("check", "value", "message"),
    [
        (each(validate.check_uuids), "x",
         "'x' is not an id as AWS gives it, like 12345678-90ab-cdef-1234-567890abcdef"),
        (each(validate.check_account_ids), "x",
         "'x' is not an AWS account id of 12 digits; write account ids in quotes, 12 digits"),
        (validate.check_no_duplicates, ["a", "b", "a"], "'a' stands twice; name it once"),
        (validate.check_association_name, "a" * 129, f"'{'a' * 129}' has 129 characters, AWS allows 128"),
        # A long text is not repeated.
        (described, "a" * 300, "has 300 characters, AWS allows 255"),
        (validate.check_additional_analyses, [*ANALYSES, MODEL], "names 26, AWS allows 25 in a rule"),
        (validate.check_tags, {**TAGS, "one more": "x"}, "are 201, AWS allows 200 for one resource"),
        (globbed, "part", "'part' matches none of the 4 configured tables of this account and Region; mend the spelling"
         " (globs know * ? and [...], case counts), or remove it"),
        (validate.check_result_place, {}, "missing required arguments: bucket"),
    ],
)  # fmt: skip
def test_messages(check: Check, value: Any, message: str) -> None:
    with pytest.raises(CleanRoomsError) as caught:
        check("x", value)
    assert caught.value.message == f"x: {message}"


def test_result_place_has_its_defaults() -> None:
    checked = validate.check_result_place("place", {"bucket": "abc"})
    assert checked == {"bucket": "abc", "key_prefix": None, "result_format": "CSV", "role_arn": None}


def test_numbers_of_tags_and_analyses() -> None:
    assert passes(validate.check_tags, TAGS)
    assert passes(validate.check_additional_analyses, iter(ANALYSES))
    assert not passes(validate.check_additional_analyses, iter([*ANALYSES, MODEL]))


def test_what_is_empty_or_an_iterator() -> None:
    assert not passes(validate.check_globs, ["*"], [])
    assert passes(validate.check_globs, ["part_01", "Part_03"], iter(GLOBBED))
    assert passes(validate.check_globs, [], [])
    assert passes(validate.check_text, None, 255)
    for check in (validate.check_uuids, validate.check_account_ids, validate.check_additional_analyses):
        assert passes(check, [])


def test_matches() -> None:
    assert validate.matches("part_01", ["x", "part_*"])
    assert not validate.matches("part_01", ["PART_*"])
    assert not validate.matches("part_01", [])


@dataclass
class Pair:
    """The options of a module."""

    one: tuple[str, ...] = ()
    two: str | None = None


def test_options_from() -> None:
    assert validate.options_from(Pair, {"one": ["a", "b"], "two": "c", "three": 3}) == Pair(("a", "b"), "c")
    assert validate.options_from(Pair, {}) == Pair()
    assert validate.options_from(Pair, {"one": None, "two": None}).one is None
