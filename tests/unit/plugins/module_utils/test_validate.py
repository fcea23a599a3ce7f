# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _validate as validate
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import OWN, id_of
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import fits, shape

UUID = id_of("any")
# Texts that stress every pattern: none of them may pass a check of a name or an id.
STRANGE = [
    "",
    " ",
    "\n",
    "{{ lookup('pipe', 'id') }}",
    "a\nb",
    "a\x00b",
    "../etc",
    "ä" * 5,
    "\u202eevil",
    "a\u2028b",
]


def passes(check: Callable[..., None], value: Any, *more: Any) -> bool:
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


class TestIds:
    def test_uuid(self) -> None:
        validate.check_uuids("x", [UUID, id_of("other")])
        validate.check_uuids("x", [])

    @pytest.mark.parametrize(
        "value", [*STRANGE, UUID.upper(), UUID + "\n", " " + UUID, UUID + UUID, UUID[:35], UUID.replace("-", "")]
    )
    def test_no_uuid(self, value: str) -> None:
        with pytest.raises(CleanRoomsError) as caught:
            validate.check_uuids("collaboration_ids", [UUID, value])
        assert caught.value.message == (
            f"collaboration_ids: {value!r} is not an id as AWS gives it, like 12345678-90ab-cdef-1234-567890abcdef"
        )

    @pytest.mark.parametrize("digits", ["\u0661" * 12, "\uff11" * 12, "\u0e51" * 12])
    def test_digits_are_ascii(self, digits: str) -> None:
        assert digits.isdigit()
        assert not passes(validate.check_account_ids, [digits])

    @pytest.mark.parametrize("value", [*STRANGE, OWN + "\n", OWN + " ", OWN[:11], OWN + "1", "-11122223333", "1e11"])
    def test_no_account_id(self, value: str) -> None:
        assert not passes(validate.check_account_ids, [value])

    def test_account_ids(self) -> None:
        assert passes(validate.check_account_ids, ["000000000000", OWN])
        assert passes(validate.check_account_ids, [])

    @pytest.mark.parametrize("values", [["a", "a"], ["a", "b", "a"], ["", ""]])
    def test_duplicates(self, values: list[str]) -> None:
        assert not passes(validate.check_no_duplicates, values)

    @pytest.mark.parametrize("values", [[], ["a"], ["a", "A"], ["a", "a "]])
    def test_no_duplicates(self, values: list[str]) -> None:
        assert passes(validate.check_no_duplicates, values)


class TestRole:
    @pytest.mark.parametrize(
        "value",
        [
            f"arn:aws:iam::{OWN}:role/cleanrooms-glue-s3-access",
            f"arn:aws:iam::{OWN}:role/service-role/path/name",
            f"arn:aws:iam::{OWN}:role/a+b=c.d@e-f",
            f"arn:aws-us-gov:iam::{OWN}:role/name",
            f"arn:aws-cn:iam::{OWN}:role/name",
            "cleanrooms-glue-s3-access",
            "a",
            "a" * 64,
            "+=,.@-_",
        ],
    )
    def test_right(self, value: str) -> None:
        assert passes(validate.check_role, value)

    @pytest.mark.parametrize(
        "value",
        [
            *STRANGE,
            "a" * 65,
            "path/name",
            "name\n",
            f"arn:aws:iam::{OWN}:role/",
            f"arn:aws:iam::{OWN}:role/name\n",
            f"arn:aws:iam::{OWN}:user/name",
            f"arn:aws:iam::{OWN[:11]}:role/name",
            f"arn:aws:iam:us-east-1:{OWN}:role/name",
            f"arn:aws:sts::{OWN}:assumed-role/name/session",
            f"arn:aws:iam::{OWN}:role/name with space",
            "arn:",
        ],
    )
    def test_wrong(self, value: str) -> None:
        assert not passes(validate.check_role, value)

    def test_length(self) -> None:
        arn = f"arn:aws:iam::{OWN}:role/"
        longest = arn + "x" * (512 - len(arn))
        assert passes(validate.check_role, longest)
        assert fits("RoleArn", longest)
        assert not passes(validate.check_role, longest + "x")

    @pytest.mark.parametrize("value", [f"arn:aws:iam::{OWN}:role/a", f"arn:aws:iam::{OWN}:role/p/a+b=c.d@e-f_0"])
    def test_the_model_allows_what_we_allow_in_its_own_partition(self, value: str) -> None:
        assert passes(validate.check_role, value)
        assert fits("RoleArn", value)


class TestIdNamespaceArn:
    @pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-2"])
    def test_right_as_the_model_says(self, region: str) -> None:
        value = f"arn:aws:entityresolution:{region}:{OWN}:idnamespace/ACX-Id_Namespace1"
        assert passes(validate.check_id_namespace_arn, value)
        assert fits("IdNamespaceAssociationInputReferenceArn", value)

    def test_length(self) -> None:
        arn = f"arn:aws:entityresolution:us-east-1:{OWN}:idnamespace/"
        longest = arn + "x" * (256 - len(arn))
        assert passes(validate.check_id_namespace_arn, longest)
        assert fits("IdNamespaceAssociationInputReferenceArn", longest)
        assert not passes(validate.check_id_namespace_arn, longest + "x")
        assert not fits("IdNamespaceAssociationInputReferenceArn", longest + "x")

    @pytest.mark.parametrize(
        "prefix", ["arn:aws-us-gov:entityresolution:us-gov-west-1", "arn:aws-cn:entityresolution:cn-north-1"]
    )
    def test_other_partitions_are_allowed_deliberately(self, prefix: str) -> None:
        assert passes(validate.check_id_namespace_arn, f"{prefix}:{OWN}:idnamespace/x")

    @pytest.mark.parametrize(
        "value",
        [
            *STRANGE,
            "ACXIdNamespace",
            f"arn:aws:entityresolution:us-east-1:{OWN}:idnamespace/",
            f"arn:aws:entityresolution:us-east-1:{OWN}:idnamespace/x\n",
            f"arn:aws:entityresolution:us-east-1:{OWN}:idnamespace/x y",
            f"arn:aws:entityresolution:us-east-1:{OWN}:idnamespace/x/y",
            f"arn:aws:entityresolution:us-east-1:{OWN}:matchingworkflow/x",
            f"arn:aws:entityresolution::{OWN}:idnamespace/x",
            "arn:aws:entityresolution:us-east-1:me:idnamespace/x",
        ],
    )
    def test_wrong(self, value: str) -> None:
        assert not passes(validate.check_id_namespace_arn, value)
        assert not fits("IdNamespaceAssociationInputReferenceArn", value)


class TestAssociationName:
    @pytest.mark.parametrize(
        "value", ["a", "_", "0", "acx_part_ibe_01", "a-b", "a b", "a - b", "ab-", "A-b-c", "a  b", "a" * 128]
    )
    def test_agrees_with_the_model(self, value: str) -> None:
        assert passes(validate.check_association_name, value) == fits("TableAlias", value)

    @pytest.mark.parametrize("value", ["a", "acx_part_ibe_01", "ab-c", "a b", "a" * 128])
    def test_right(self, value: str) -> None:
        assert passes(validate.check_association_name, value)

    @pytest.mark.parametrize(
        "value", [*STRANGE, "-a", "a-", "a--b", " a", "a.b", "a/b", "a*", "tablé", "a\n", "a" * 129, "a\tb", "acx_🎉"]
    )
    def test_wrong(self, value: str) -> None:
        assert not passes(validate.check_association_name, value)
        assert not fits("TableAlias", value)

    def test_length_is_named(self) -> None:
        with pytest.raises(CleanRoomsError, match="has 129 characters, AWS allows 128"):
            validate.check_association_name("x", "a" * 129)


class TestText:
    @pytest.mark.parametrize("value", [None, "", "plain", "two\nlines\tand\rmore", "a" * 255, "協業 🎉", " "])
    def test_description(self, value: str | None) -> None:
        assert passes(validate.check_text, value, validate.DESCRIPTION_LENGTH)
        if value is not None:
            assert fits("TableDescription", value)
            assert fits("ResourceDescription", value)

    @pytest.mark.parametrize("value", ["a" * 256, "\x00", "a\x07b", "\x1b[31m", "\x0b", "\x0c", "a\x1f"])
    def test_no_description(self, value: str) -> None:
        assert not passes(validate.check_text, value, validate.DESCRIPTION_LENGTH)
        assert not fits("TableDescription", value)

    @pytest.mark.parametrize("value", ["a", "ACXIdNamespace", "a b", " a", "a\tb", "協業 🎉", "a" * 100])
    def test_name(self, value: str) -> None:
        assert passes(validate.check_text, value, validate.NAMESPACE_NAME_LENGTH, True)
        assert fits("GenericResourceName", value)

    @pytest.mark.parametrize("value", ["", " ", "\t", "\n", "a" * 101, "a\x00", "\x1b[31m", "two\nlines", "a\r"])
    def test_no_name(self, value: str) -> None:
        assert not passes(validate.check_text, value, validate.NAMESPACE_NAME_LENGTH, True)
        assert not fits("GenericResourceName", value)

    def test_a_long_text_is_not_repeated(self) -> None:
        with pytest.raises(CleanRoomsError) as caught:
            validate.check_text("description", "a" * 300, 255)
        assert caught.value.message == "description: has 300 characters, AWS allows 255"


@dataclass
class Pair:
    """Stands for the options of a module."""

    one: tuple[str, ...] = ()
    two: str | None = None


class TestOptionsFrom:
    def test_takes_what_has_the_name_of_a_field(self) -> None:
        assert validate.options_from(Pair, {"one": ["a", "b"], "two": "c", "three": 3}) == Pair(("a", "b"), "c")

    def test_defaults_stand_in_for_what_is_not_there(self) -> None:
        assert validate.options_from(Pair, {}) == Pair()

    def test_none_is_kept(self) -> None:
        assert validate.options_from(Pair, {"one": None, "two": None}).one is None


class TestAdditionalAnalyses:
    MODEL = f"arn:aws:cleanrooms:us-east-1:{OWN}:membership/{UUID}/configuredaudiencemodelassociation/{UUID}"
    ALGORITHM = f"arn:aws:cleanrooms-ml:us-east-1:{OWN}:membership/{UUID}/configured-model-algorithm-association/{UUID}"

    @pytest.mark.parametrize("value", [MODEL, ALGORITHM, ALGORITHM.replace(OWN, "*"), MODEL.replace(UUID, "*")])
    def test_right(self, value: str) -> None:
        assert passes(validate.check_additional_analyses, [value])
        assert fits("AdditionalAnalysesResourceArn", value)

    @pytest.mark.parametrize("value", [*STRANGE, "*", UUID, MODEL + "\n", ALGORITHM + " ", MODEL + "," + ALGORITHM])
    def test_wrong(self, value: str) -> None:
        assert not passes(validate.check_additional_analyses, [value])

    def test_length(self) -> None:
        longest = self.ALGORITHM + "x" * (256 - len(self.ALGORITHM))
        assert passes(validate.check_additional_analyses, [longest])
        assert not passes(validate.check_additional_analyses, [longest + "x"])
        assert not fits("AdditionalAnalysesResourceArn", longest + "x")

    def test_number(self) -> None:
        values = [f"{self.ALGORITHM}{number}" for number in range(26)]
        assert passes(validate.check_additional_analyses, values[:25])
        assert not passes(validate.check_additional_analyses, values)
        assert not passes(validate.check_additional_analyses, iter(values))


class TestTags:
    @pytest.mark.parametrize(
        "tags",
        [None, {}, {"a": ""}, {"k" * 128: "v" * 256}, {"Team": "x", "team": "y"}, {"awsome": "x"}, {"my:aws:x": "y"}],
    )
    def test_right(self, tags: dict[str, str] | None) -> None:
        assert passes(validate.check_tags, tags)

    @pytest.mark.parametrize(
        "tags",
        [
            {"": "x"},
            {"k" * 129: "x"},
            {"k": "v" * 257},
            {"aws:x": "y"},
            {"AWS:x": "y"},
            {"Aws:": "y"},
            {"n": 1},
            {"n": True},
            {"n": None},
            {"n": ["x"]},
        ],
    )
    def test_wrong(self, tags: dict[str, Any]) -> None:
        assert not passes(validate.check_tags, tags)

    def test_number(self) -> None:
        assert shape("TagMap").metadata["max"] == validate.TAGS
        tags = {str(number): "x" for number in range(validate.TAGS)}
        assert passes(validate.check_tags, tags)
        assert not passes(validate.check_tags, {**tags, "one more": "x"})


class TestResultPlace:
    SHAPE = "ProtectedQueryS3OutputConfigurationBucketString"

    @pytest.mark.parametrize("bucket", ["abc", "a-b.c-d", "a.b", "1.2.3.a", "1a.2", "a" * 63, "123"])
    def test_bucket(self, bucket: str) -> None:
        assert passes(validate.check_result_place, {"bucket": bucket})
        assert fits(self.SHAPE, bucket)

    @pytest.mark.parametrize(
        "bucket", [*STRANGE, "ab", "a" * 64, "Abc", "a_b", "-ab", "ab-", "a..b", "a.-b", ".ab", "192.168.0.1", "abc\n"]
    )
    def test_no_bucket(self, bucket: str) -> None:
        assert not passes(validate.check_result_place, {"bucket": bucket})
        assert not fits(self.SHAPE, bucket)

    @pytest.mark.parametrize("prefix", [None, "", "a", "a/b_c-d.e=f*g!", "x" * 512])
    def test_key_prefix(self, prefix: str | None) -> None:
        assert passes(validate.check_result_place, {"bucket": "abc", "key_prefix": prefix})
        assert fits("KeyPrefix", prefix or "")

    @pytest.mark.parametrize("prefix", ["x" * 513, "a b", "ä", "a\n", "a?b", "{{ x }}"])
    def test_no_key_prefix(self, prefix: str) -> None:
        assert not passes(validate.check_result_place, {"bucket": "abc", "key_prefix": prefix})
        assert not fits("KeyPrefix", prefix)

    @pytest.mark.parametrize(("role", "right"), [(None, True), (f"arn:aws:iam::{OWN}:role/x", True), ("x", False)])
    def test_role(self, role: str | None, right: bool) -> None:
        assert passes(validate.check_result_place, {"bucket": "abc", "role_arn": role}) == right


class TestGlobs:
    NAMES = ("part_01", "part_02", "Part_03", "part_[x]")

    @pytest.mark.parametrize("pattern", ["*", "part_*", "part_0?", "part_0[12]", "Part_03", "part_[[]x]", "part_0[!1]"])
    def test_matching(self, pattern: str) -> None:
        assert passes(validate.check_globs, [pattern], self.NAMES)

    @pytest.mark.parametrize("pattern", ["", "part", "PART_*", "part_[x]y", "part_9?", "?", "part_0[3-9]", "^part.*"])
    def test_matching_nothing(self, pattern: str) -> None:
        with pytest.raises(CleanRoomsError) as caught:
            validate.check_globs("include", ["*", pattern], self.NAMES)
        assert str(caught.value.message).startswith(
            f"include: {pattern!r} matches none of the 4 configured tables of this account and Region"
        )

    def test_no_tables_at_all(self) -> None:
        assert not passes(validate.check_globs, ["*"], [])
        assert passes(validate.check_globs, [], [])

    def test_names_may_be_an_iterator(self) -> None:
        assert passes(validate.check_globs, ["part_01", "Part_03"], iter(self.NAMES))

    def test_matches(self) -> None:
        assert validate.matches("part_01", ["x", "part_*"])
        assert not validate.matches("part_01", ["PART_*"])
        assert not validate.matches("part_01", [])
