"""Wiki markup: what we write is ours alone, whatever text goes in; what people write is read as they meant it."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Fact, Link, Message, Note, Text
from connectors.jira import adf, wiki
from connectors.jira.answers import line
from sandbox.jira_dc import render, visible

PIECES = [
    "[~dana]", "[~", "]", "[a|http://evil.example]", "[^file]", "{code}", "{code:java}", "{color:red}", "{color}",
    "{quote}", "{noformat}", "{panel:title=x}", "{", "}", "{{x}}", "!x.png!", "!", "h1. ", "h6.", "bq. ", "||a||", "|",
    "* ", "# ", "- ", "----", "---", "--", "*b*", "_i_", "-d-", "+u+", "^s^", "~s~", "??c??", "\\", "\\\\", "\\{",
    ":)", ":-D", ";)", ";-)", "(y)", "(/)", "(*r)", "(flag)", "PLAT-42", "AB1-2", "2026-01-05", "http://evil.example/x",
    "HTTPS://e.example", "mailto:a@b.example", "www.evil.example", "file://x", "&lt;", "&#42;", "&amp;#91;", "&", "<b>",
    "</p>", "<script>", '"', "'", "`", "@all", "%", "$", "=", "a", "Z", "9", " ", "  ", ".", ",", "ß", "日", "🙂",
    "\ufffc", "\u202e", "\u200b", "\x00", "\x07", "\ue000",
]  # fmt: skip
HOSTILE = st.lists(st.one_of(st.sampled_from(PIECES), st.characters()), max_size=14).map("".join)
LINES = st.one_of(HOSTILE, st.lists(HOSTILE, max_size=4).map("\n".join))
TAG = re.compile(r"<(/?)(\w+)([^>]*)>")


def note(message: Message, **of) -> Note:
    return replace(Note("m-1", "10001", "PLAT-1", "", "K7QX", date(2026, 1, 5), message), **of)


def shown(text: str) -> list[str]:
    """The lines that a reader should see of a text."""
    kept = (wiki.TOKENS.sub("", adf.INVISIBLE.sub("", each)) for each in text.splitlines())
    return [" ".join(each.split()) for each in kept if each.strip()]


def tags(markup: str) -> list[tuple[str, str]]:
    return [(found[2], found[3].strip()) for found in TAG.finditer(render(markup)) if not found[1]]


@given(LINES)
def test_no_text_becomes_markup_and_every_text_reads_back(text):
    message = Message(text, (Text(text), Fact(text, text)), ask=text, how=text, reply=text)
    markup = wiki.markup(adf.document(note(message)))
    assert {tag for tag, _ in tags(markup)} <= {"p", "b", "em", "li"}
    assert not any(attributes for _, attributes in tags(markup))
    seen = [" ".join(each.split()) for each in visible(render(markup)).splitlines() if each.strip()]
    assert seen[: len(shown(text))] == shown(text)
    assert seen[len(shown(text)) : 2 * len(shown(text))] == shown(text)


@given(HOSTILE)
def test_our_own_reader_gives_the_text_back(text):
    for each in shown(text):
        if each:
            assert html.unescape(wiki.inert(each)) == each
            assert line(wiki.inert(f"interlock: {each}")) == each


@given(HOSTILE, HOSTILE)
def test_only_web_addresses_of_ours_become_links(label, path):
    address = f"https://jira.meridian.example/browse/{path}"
    links = (Link(label, address), Link(label, f"javascript:{path}"), Link(label, ""))
    found = [
        inside for tag, inside in tags(wiki.markup(adf.document(note(Message("Late", links))))) if tag == "a"
    ]
    lines = [each for each in shown(label or address) if each]
    assert len(found) == (len(lines) if adf.is_web_address(address) else 0)
    assert all(inside.startswith('href="https://jira.meridian.example/browse/') for inside in found)


@pytest.mark.parametrize(
    "text",
    [
        "hi [~dana]", "[a|http://evil.example]", "{code}x{code}", "{color:red}x{color}", "{quote}x{quote}",
        "{x:y}", "see !x.png! here", "a *b* c", "an _i_", "a -d-", "a +u+", "a ^s^", "a ~s~", "a ??c??",
        "a -- b", "a --- b", "x \\\\ y", "so :)", "so ;-)", "so (y)", "so (*r)", "PLAT-42",
        "http://evil.example/x", "HTTPS://e.example", "mailto:a@b.example", "www.evil.example", "file://x",
        "&#42;", "&amp;", "\\{x", "h1. x", "bq. x", "* x", "# x", "- x", "| x |", "----",
    ],
)  # fmt: skip
def test_what_is_not_escaped_is_seen_to_be_markup(text):
    """So that the tests above could fail: Jira's renderer, as played here, makes something of each of these."""
    assert {tag for tag, _ in tags(text)} - {"p"} or visible(render(text)) != text
    assert tags(wiki.inert(text)) == [("p", "")]
    assert visible(render(wiki.inert(text))) == text


def test_line_starts_that_are_markup_are_not_ours():
    for opening in ("h1. x", "bq. x", "* x", "# x", "- x", "| x |", "----", "|| x ||"):
        markup = wiki.markup(adf.document(note(Message("Late", (Text(f"one\n{opening}"),)))))
        assert {tag for tag, _ in tags(markup)} == {"p", "b"}
        assert {tag for tag, _ in tags(opening)} - {"p"}


def test_a_comment_says_headline_why_ask_and_how_in_this_order():
    message = Message(
        "Build will be 21 days late",
        (Text("Audit: late"), Link("SEC-1", "https://x.example/a|b"), Fact("Float", "-14")),
        "Decide by 2026-01-12.", "Write interlock: ack", "Thanks",
    )  # fmt: skip
    assert wiki.markup(adf.document(note(message))).split("\n") == [
        "*Build will be 21 days late*", "", "Audit: late", "",
        "* [SEC&#45;1|https://x.example/a%7Cb]", "* Float: &#45;14", "",
        "*Asked of you:* Decide by 2026-01-12.", "",
        "*To answer:* Write interlock: ack The code is K7QX. Flagged since 2026-01-05.", "", "_Thanks_",
    ]  # fmt: skip


def test_a_comment_is_never_longer_than_jira_takes():
    long = Message(
        "{x}" * 20000,
        tuple(Fact(str(n), "[y]" * 5000) for n in range(60)),
        "|" * 9000,
        "!" * 9000,
        "-" * 9000,
    )
    markup = wiki.markup(adf.document(note(long)))
    assert len(markup) <= 32_767
    assert "and 48 more" in visible(render(markup))


# --- what people write -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("interlock: ack", "ack"),
        ("  INTERLOCK :  accept  K7QX   till May ", "accept K7QX till May"),
        ("interlock: ack\r\nbecause we know", "ack"),
        ("\n\r\n  \ninterlock: ack", "ack"),
        ("interlock: ack\\\\because we know", "ack"),
        ("interlock:", ""),
        ("*interlock:* ack", "ack"),
        ("{color:red}interlock: ack{color}", "ack"),
        ("_*interlock: ack*_", "ack"),
        ("interlock: commit by 2026\\-05\\-01", "commit by 2026-05-01"),
        ("interlock: commit by 2026-05-01 - not -later-", "commit by 2026-05-01 - not later"),
        ("interlock: needs https://jira.x.example/browse/PLAT-42 by May", "needs PLAT-42 by May"),
        ("interlock: needs [https://jira.x.example/browse/PLAT-42]", "needs PLAT-42"),
        ("interlock: needs [the audit|https://jira.x.example/browse/SEC-1]", "needs the audit"),
        ("interlock: dispute [~mo]", "dispute @mo"),
        ("interlock: dispute &#91;x&#93; &amp; y", "dispute [x] & y"),
        ("{quote}it is late{quote}\ninterlock: ack", "ack"),
        ("{quote}it is late{quote} interlock: ack", "ack"),
        ("bq. it is late\ninterlock: ack", "ack"),
        ("{code:java}\nx\n{code}\ninterlock: ack", "ack"),
        ("{panel:title=T|borderStyle=dashed}x{panel}interlock: ack", "ack"),
        ("!shot.png!\ninterlock: ack", "ack"),
        ("thanks\ninterlock: ack", None),
        ("thanks\\\\interlock: ack", None),
        ("see interlock: ack", None),
        ("interlocked: ack", None),
        ("{quote}interlock: ack{quote}", None),
        ("{quote}\ninterlock: ack\n{quote}", None),
        ("{quote}interlock: ack", None),
        ("{QUOTE}interlock: ack{QUOTE}", None),
        ("bq. interlock: ack", None),
        ("{code}interlock: ack{code}", None),
        ("{noformat}\ninterlock: ack\n{noformat}", None),
        ("{panel}interlock: ack{panel}", None),
        ("* interlock: ack", None),
        ("# interlock: ack", None),
        ("- interlock: ack", None),
        ("h1. interlock: ack", None),
        ("||interlock: ack||", None),
        ("|interlock: ack|", None),
        ("", None),
        (None, None),
    ],
)  # fmt: skip
def test_only_the_first_top_level_line_of_text_counts(body, expected):
    assert line(body) == expected


@given(st.text(), st.sampled_from(["quote", "code", "noformat", "panel"]))
def test_nothing_that_is_quoted_is_ever_an_answer(text, macro):
    inside = text.replace("{", "").replace("}", "")
    assert line(f"{{{macro}}}\n{inside}\ninterlock: ack\n{{{macro}}}") is None
    assert line(f"{{{macro}:x=y}}interlock: ack {inside}{{{macro}}}\ninterlock: dispute") == "dispute"
