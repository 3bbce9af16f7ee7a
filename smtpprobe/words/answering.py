"""Who answers, in words; and what to do, for whoever answers.

Advice is written for a server that nobody knows: it names the commands of Postfix, Exim and Dovecot side by
side. Where the program is known, only its own are of use, and a provider's customers can run none at all.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from smtpprobe.judgement import Claim, Recognised
from smtpprobe.words.document import DocClaim
from smtpprobe.words.texts import Words

# A command's first word to the program that has it (its key in software.toml).
TOOLS = {
    "postconf": "postfix",
    "postmap": "postfix",
    "exim": "exim",
    "doveadm": "dovecot",
    "doveconf": "dovecot",
}

Step = Mapping[str, Any]


# Claims


def claims(who: Recognised) -> tuple[DocClaim, ...]:
    """Who claims to answer, as a document has it."""
    return tuple(
        DocClaim(c.kind, c.key, c.name, c.version or None, c.sure, c.where, c.text) for c in who.claims
    )


def claims_in_words(who: Recognised, words: Words) -> tuple[str, ...]:
    """Each claim in a line, with where it stands: `claims to be Postfix (greeting: 220 ...)`."""
    return tuple(
        words.label("claims", _verb(c), name=full_name(c), where=c.where, text=c.text) for c in who.claims
    )


def _verb(claim: Claim) -> str:
    if claim.kind == "middlebox":
        return "middlebox"
    if claim.where in ("certificate", "host"):
        return claim.where
    return "claims" if claim.sure == "high" else "looks"


def full_name(claim: Claim) -> str:
    """The name with its version, if that was said."""
    return f"{claim.name} {claim.version}".rstrip()


# Advice


def fitting(steps: Iterable[Step], who: Recognised, words: Words) -> tuple[Step, ...]:
    """Steps for whoever answers, each with the command that is of use there.

    A step is `for` programs (keys of software.toml), for a program that is "known" or "unknown", or for
    "others" than those that have a step; `commands` has a command for each program. At a provider, what a
    server's administrator would run gives way to a step that says whose the server is.
    """
    steps = tuple(steps)
    if who.provider:
        return _at_provider(steps, who.provider, words)
    suits = {"known", *who.keys} if who.keys else {"unknown"}
    if who.keys and not any({*who.keys} & {*step.get("for", ())} for step in steps):
        suits.add("others")
    fit = (step for step in steps if "for" not in step or suits & {*step["for"]})
    return tuple(_with_command(step, who.keys) for step in fit)


def _at_provider(steps: tuple[Step, ...], provider: Claim, words: Words) -> tuple[Step, ...]:
    useless = [step for step in steps if step["who"] == "server-administrator" and _is_run(step)]
    if not useless:
        return steps
    instead = {"who": "you", "do": words.label("claims", "provider-only", name=provider.name)}
    return tuple(instead if step is useless[0] else step for step in steps if step not in useless[1:])


def _is_run(step: Step) -> bool:
    return not step.keys().isdisjoint(("command", "commands", "for"))


def _with_command(step: Step, keys: tuple[str, ...]) -> Step:
    """The step with the command of these programs, where they are known."""
    plain = {key: value for key, value in step.items() if key not in ("for", "command", "commands")}
    command = _command_of(step, keys)
    return {**plain, "command": command} if command else plain


def _command_of(step: Step, keys: tuple[str, ...]) -> str:
    of_programs = step.get("commands", {})
    for key in keys:
        if key in of_programs:
            found: str = of_programs[key]
            return found
    if keys and of_programs:
        return ""
    parts = step.get("command", "").split("; ")
    return "; ".join(part for part in parts if not keys or _fits(part, keys))


def _fits(command: str, keys: tuple[str, ...]) -> bool:
    return TOOLS.get(command.partition(" ")[0]) in (None, *keys)
