import pytest
import telegram
from telegram.constants import ParseMode


@pytest.mark.parametrize(
    ("html", "text", "entities"),
    [
        ("<b>Up</b> 🙂 <i>down</i>", "Up 🙂 down", [("bold", 0, 2), ("italic", 6, 4)]),
        ("<strong>a</strong><em>b</em>", "ab", [("bold", 0, 1), ("italic", 1, 1)]),
        ("<u>a</u> <ins>b</ins>", "a b", [("underline", 0, 1), ("underline", 2, 1)]),
        ("<s>a</s> <del>b</del> <strike>c</strike>", "a b c", [("strikethrough", n, 1) for n in (0, 2, 4)]),
        ("<tg-spoiler>a</tg-spoiler> <span class='tg-spoiler'>b</span>", "a b", [("spoiler", 0, 1), ("spoiler", 2, 1)]),
        ("<code>a</code> <pre>b</pre>", "a b", [("code", 0, 1), ("pre", 2, 1)]),
        ("<blockquote>a</blockquote>b", "ab", [("blockquote", 0, 1)]),
        ("<blockquote expandable>a</blockquote>b", "ab", [("expandable_blockquote", 0, 1)]),
        ('<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>', "👍", [("custom_emoji", 0, 2)]),
        ("&lt;b&gt; &amp; &quot; &#8364; &#x20AC; &nbsp;", '<b> & " € € &nbsp;', []),
        ("<b>a</b><b>b</b>", "ab", [("bold", 0, 2)]),
        ("<b>a <code>b</code> c</b>", "a b c", [("bold", 0, 2), ("code", 2, 1), ("bold", 3, 2)]),
        ("  <b>a</b>\n", "a", [("bold", 0, 1)]),
        ("<b></b>a", "a", []),
        ("$SPY fell, /settings", "$SPY fell, /settings", [("cashtag", 0, 4), ("bot_command", 11, 9)]),
        ("<i>x <b>y</b></i>", "x y", [("italic", 0, 3), ("bold", 2, 1)]),
        ("<B>a</>", "a", [("bold", 0, 1)]),
    ],
)
async def test_html_becomes_text_and_entities_in_utf16_units(bot, ada, html, text, entities):
    message = await bot.send_message(ada, html, parse_mode=ParseMode.HTML)
    assert message.text == text
    assert [(entity.type, entity.offset, entity.length) for entity in message.entities] == entities


async def test_the_entity_text_is_what_stood_in_the_tag(bot, ada):
    message = await bot.send_message(ada, "📈 <b>Leaders</b>: 🇺🇸 <i>small caps</i>", parse_mode=ParseMode.HTML)
    assert list(message.parse_entities().values()) == ["Leaders", "small caps"]


async def test_a_link_gets_its_scheme_and_path(bot, ada):
    message = await bot.send_message(ada, "<a href='Example.org?a=1&amp;b=2'>there</a>", parse_mode=ParseMode.HTML)
    assert message.entities[0].url == "http://example.org/?a=1&b=2"


async def test_a_language_joins_pre_and_code(bot, ada):
    html = '<pre><code class="language-python">x = 1</code></pre>'
    message = await bot.send_message(ada, html, parse_mode=ParseMode.HTML)
    assert [(entity.type, entity.language) for entity in message.entities] == [("pre", "python")]


async def test_a_mention_carries_the_user(bot, ada):
    message = await bot.send_message(ada, '<a href="tg://user?id=1002">Ben</a>', parse_mode=ParseMode.HTML)
    assert message.entities[0].user.first_name == "Ben"


async def test_entities_come_as_objects_too(bot, ada):
    message = await bot.send_message(ada, "🙂 bold", entities=[telegram.MessageEntity("bold", 3, 4)])
    assert message.parse_entity(message.entities[0]) == "bold"


# The texts of the errors, and what provokes them, are those of the tests of TDLib's parser.
@pytest.mark.parametrize(
    ("html", "error"),
    [
        ("🏟 🏟&lt;<abac aba>", 'Unsupported start tag "abac" at byte offset 13'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("🏟 🏟&lt;<abacaba", "Unclosed start tag at byte offset 13"),
        ("🏟 🏟&lt;<i   =aba>", 'Empty attribute name in the tag "i" at byte offset 13'),
        ("🏟 🏟&lt;<i    aba>", 'Can\'t find end tag corresponding to start tag "i"'),
        ("🏟 🏟&lt;<i    aba  =  ", 'Unclosed start tag "i" at byte offset 13'),
        ("🏟 🏟&lt;<i    aba  =  190azAz-.,", "Unexpected end of name token at byte offset 27"),
        ('🏟 🏟&lt;<i    aba  =  "&lt;&gt;&quot;>', "Unclosed start tag at byte offset 13"),
        ("🏟 🏟&lt;</", "Unexpected end tag at byte offset 13"),
        ("🏟 🏟&lt;<b></b></", "Unexpected end tag at byte offset 20"),
        ("🏟 🏟&lt;<i>a</i   ", "Unclosed end tag at byte offset 17"),
        ("🏟 🏟&lt;<i>a</em   >", 'Unmatched end tag at byte offset 17, expected "</i>", found "</em>"'),
        ("<b><i>test</b></i>", 'Unmatched end tag at byte offset 10, expected "</i>", found "</b>"'),
        ("<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<tg-emoji emoji-id="x">a</tg-emoji>', "Invalid custom emoji identifier specified"),
        (
            "&#57311;",
            "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code "
            "units",
        ),
    ],
)
async def test_it_refuses_html_that_cannot_be_parsed(raw, ada, html, error):
    refusal = await raw.refusal("sendMessage", chat_id=ada, text=html, parse_mode="HTML")
    assert refusal == f"Bad Request: can't parse entities: {error}"


@pytest.mark.parametrize(
    ("entity", "error"),
    [
        ({"type": "bold", "offset": 100, "length": 1}, "entity begins after the end of the text at UTF-16 offset 100"),
        (
            {"type": "bold", "offset": 0, "length": 100},
            "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 100",
        ),
        ({"type": "loud", "offset": 0, "length": 1}, "can't parse MessageEntity: Unsupported type specified"),
        ({"type": "text_link", "offset": 0, "length": 1}, "can't parse MessageEntity: Can't find field \"url\""),
        ({"type": "bold", "offset": -1, "length": 1}, "receive an entity with incorrect offset -1"),
    ],
)
async def test_it_refuses_entities_that_do_not_fit(raw, ada, entity, error):
    refusal = await raw.refusal("sendMessage", chat_id=ada, text="hello", entities=[entity])
    assert refusal == f"Bad Request: {error}"


async def test_it_reads_html_only(raw, ada):
    refusal = await raw.refusal("sendMessage", chat_id=ada, text="*a*", parse_mode="MarkdownV2")
    assert refusal == "Bad Request: parse_mode MarkdownV2: the local Bot API reads HTML only (local Bot API)"
    assert await raw.refusal("sendMessage", chat_id=ada, text="a", parse_mode="x") == (
        "Bad Request: unsupported parse_mode"
    )
