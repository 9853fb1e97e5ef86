import json
import os
from pathlib import Path

import pytest

from bot.emulator.api.methods import SERVED
from bot.emulator.api.names import NAMES
from bot.emulator.api.parameters import METHODS, TYPES


def test_every_method_of_the_table_is_served():
    assert set(METHODS) == {*SERVED, "getUpdates"}


@pytest.fixture(scope="module")
def reference():
    path = os.environ.get("TELEGRAM_API_JSON")
    if not path:
        pytest.skip("TELEGRAM_API_JSON is not set: the path of Telegram's reference as JSON")
    return json.loads(Path(path).read_text("utf-8"))


def fields(described):
    """{name: (types, required)} of a method or an object in the reference."""
    return {field["name"]: (tuple(field["types"]), field["required"]) for field in described.get("fields", [])}


@pytest.mark.api_reference
@pytest.mark.parametrize("method", sorted(METHODS))
def test_parameters_agree_with_the_reference(reference, method):
    ours = {name: (parameter.types, parameter.required) for name, parameter in METHODS[method].items()}
    assert ours == fields(reference["methods"][method])


@pytest.mark.api_reference
@pytest.mark.parametrize("kind", sorted(TYPES))
def test_objects_agree_with_the_reference(reference, kind):
    ours = {name: (parameter.types, parameter.required) for name, parameter in TYPES[kind].items()}
    assert ours == fields(reference["types"][kind])


@pytest.mark.api_reference
@pytest.mark.parametrize(
    ("names", "kind"), [("permissions", "ChatPermissions"), ("accepted_gift_types", "AcceptedGiftTypes")]
)
def test_names_agree_with_the_reference(reference, names, kind):
    assert set(NAMES[names]) == set(fields(reference["types"][kind]))


@pytest.mark.api_reference
def test_administrator_rights_agree_with_the_reference(reference):
    required = {
        name for name, (types, needed) in fields(reference["types"]["ChatMemberAdministrator"]).items() if needed
    }
    assert set(NAMES["administrator_rights"]) == required - {"status", "user", "can_be_edited", "is_anonymous"}
