import pytest
import telegram
from telegram import BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeChat, MenuButtonCommands

START, HELP, BEGIN = BotCommand("start", "Begin"), BotCommand("help", "Help"), BotCommand("start", "Anfangen")


async def test_commands_are_kept_by_scope_and_language(bot, raw, ada):
    await bot.set_my_commands([START, HELP])
    await bot.set_my_commands([BEGIN], language_code="de")
    await bot.set_my_commands([HELP], scope=BotCommandScopeChat(ada))
    assert await bot.get_my_commands() == (START, HELP)
    assert await bot.get_my_commands(language_code="de") == (BEGIN,)
    assert await bot.get_my_commands(scope=BotCommandScopeChat(ada)) == (HELP,)
    assert await bot.get_my_commands(scope=BotCommandScopeAllPrivateChats()) == ()
    scopes = [row["scope"] for row in await raw.see("commands")]
    assert scopes == [
        {"type": "default"},
        {"type": "default"},
        {"type": "chat", "chat_id": ada},
    ]
    await bot.delete_my_commands(language_code="de")
    assert await bot.get_my_commands(language_code="de") == ()


async def test_a_person_sees_the_narrowest_scope_in_their_language(bot, raw, ada):
    await bot.set_my_commands([START, HELP])
    await bot.set_my_commands([BEGIN], language_code="de")
    await bot.set_my_commands([HELP], scope=BotCommandScopeChat(ada))
    await raw.do("people", id=1009, first_name="Dora", language_code="de")
    shown = {person: await raw.see("commands", person=person) for person in (ada, 1002, 1009)}
    names = {person: [command["description"] for command in commands] for person, commands in shown.items()}
    assert names == {ada: ["Help"], 1002: ["Begin", "Help"], 1009: ["Anfangen"]}


@pytest.mark.parametrize(
    ("commands", "error"),
    [
        ([{"command": "Start!", "description": "a"}], "BOT_COMMAND_INVALID"),
        ([{"command": "start", "description": ""}], "BOT_COMMAND_DESCRIPTION_INVALID"),
        ([{"command": "start"}], "can't parse BotCommand: Can't find field \"description\""),
        ([{"command": f"c{n}", "description": "a"} for n in range(101)], "BOT_COMMANDS_TOO_MUCH"),
    ],
)
async def test_it_refuses_commands_as_telegram_does(raw, commands, error):
    assert await raw.refusal("setMyCommands", commands=commands) == f"Bad Request: {error}"


async def test_descriptions_are_kept_by_language(bot, raw):
    await bot.set_my_description("Leadership alerts")
    await bot.set_my_short_description("Alerts")
    assert (await bot.get_my_description(language_code="de")).description == "Leadership alerts"
    assert (await bot.get_my_short_description()).short_description == "Alerts"
    refusal = await raw.refusal("setMyShortDescription", short_description="x" * 121)
    assert refusal == "Bad Request: short description is too long"


async def test_the_menu_button_is_set_for_all_or_for_one_chat(bot, ada):
    assert await bot.set_chat_menu_button(menu_button=MenuButtonCommands())
    assert await bot.get_chat_menu_button(ada) == MenuButtonCommands()
    with pytest.raises(telegram.error.BadRequest, match=r"^Chat not found$"):
        await bot.set_chat_menu_button(5, MenuButtonCommands())
