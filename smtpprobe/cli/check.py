"""smtpprobe check: probe one or more servers now."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import click

from smtpprobe.cli.credentials import (
    credentials_options,
    from_standard_input,
    read_credentials,
    wants_login,
)
from smtpprobe.cli.group import did_you_mean
from smtpprobe.cli.options import (
    Address,
    FindingId,
    HelloName,
    Number,
    Pin,
    Seconds,
    ServerName,
    Word,
    output_options,
    standard_input,
)
from smtpprobe.inputs.targets import Given, TargetError, read_target, read_targets
from smtpprobe.judgement import Report
from smtpprobe.protocol.sasl import MECHANISMS
from smtpprobe.record import Step
from smtpprobe.request import Plan, StepName, Target, TlsMode

SKIPPABLE = ("help", "starttls", "auth")
UNTIL = tuple(step.value for step in StepName if step is not StepName.HELO)


@click.command(short_help="Probe mail servers now, every reply explained.")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option("-p", "--port", type=Number(1, 65535), help="Port, instead of the target's.")
@click.option("-4", "ipv4", is_flag=True, help="IPv4 addresses only.")
@click.option("-6", "ipv6", is_flag=True, help="IPv6 addresses only.")
@click.option("--each-address", is_flag=True, help="A report for each address; login on the first only.")
@click.option("--source", type=Address(), help="Local address to connect from.")
@click.option("--tls", type=Word(tuple(TlsMode)), help="When TLS begins, instead of what the target says.")
@click.option("--ehlo", type=HelloName(), help="What to call ourselves in EHLO.")
@click.option("--sni", type=ServerName(), help="Name to ask for, and to find in the certificate.")
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Trust the certificates in this PEM file instead of the system's.",
)
@click.option("--pin", type=Pin(), help="Trust the certificate with this fingerprint and no other.")
@click.option("--insecure", is_flag=True, help="Any certificate will do, for credentials too.")
@click.option("--allow-plaintext-auth", is_flag=True, help="Log in without TLS too.")
@click.option("-t", "--timeout", type=Seconds(), help="For every step (connect 10, greeting 60, others 30).")
@click.option("--deadline", type=Seconds(), default=120.0, help="For a whole session (120).")
@click.option("--concurrency", type=Number(1, 1000), default=20, help="Sessions at once (20).")
@click.option(
    "--until",
    type=Word(UNTIL, "step"),
    default="quit",
    help=f"The last step to carry out: {', '.join(UNTIL)}.",
)
@click.option("--skip", type=Word(SKIPPABLE, "step"), multiple=True, help="Leave a step out; repeatable.")
@credentials_options
@click.option("-m", "--mechanism", metavar="NAME", help="The SASL mechanism to use.")
@click.option("--warn-days", type=Number(0, 9999), default=14, help="Certificate days left to warn at (14).")
@click.option("--strict", is_flag=True, help="A warning fails.")
@click.option(
    "--ignore", type=FindingId(), multiple=True, help="List this finding, but do not count it; repeatable."
)
@output_options
def command(targets: tuple[str, ...], **options: Any) -> int:
    """Probe TARGET... and show each session, explained, with the diagnosis last.

    \b
    TARGET is a host, host:port, or a URL:
      smtp://host               port 25, STARTTLS if offered
      submission://host         port 587, STARTTLS required (also submit://)
      smtps://host              port 465, TLS from the first byte (also submissions://)
      smtp+starttls://host      port 25, STARTTLS required
      smtp+insecure://host      port 25, no TLS
      host                      587 if a user is given, else 25
    user@host logs in as user; - reads targets from standard input, one a line.

    \b
    Exit code: 0 passed, 1 a target failed, 2 usage, 3 our own fault, 130/143 interrupted.
    """
    from smtpprobe.cli.output import complain
    from smtpprobe.cli.sessions import Output, hold_sessions

    output = Output.by(options)
    given = read_all(targets, options)
    plan = make_plan(options)
    check_together(given, plan)
    # Last: a prompt or a command is not troubled for a call that makes no sense.
    credentials = read_credentials(given, options, plan.mechanism)
    for one in given:
        for warning in one.warnings:
            complain(f"warning: {warning}")

    def start(observe: Callable[[Target, Step], None]) -> AsyncGenerator[tuple[int, Report], None]:
        from smtpprobe.prober import probe_all

        return probe_all(
            [one.target for one in given],
            plan,
            credentials,
            concurrency=options["concurrency"],
            each_address=options["each_address"],
            observe=observe,
        )

    return hold_sessions(start, output)


def read_all(texts: tuple[str, ...], options: dict[str, Any]) -> list[Given]:
    """Every target, read; with one bad target nothing is probed."""
    if "-" in texts and (secret := from_standard_input(options)):
        raise click.UsageError(f"targets and the {secret} cannot both come from standard input")
    words = [word for text in texts for word in (_standard_input() if text == "-" else [text])]
    if not words:
        raise click.UsageError("standard input names no target")
    tls = TlsMode(options["tls"]) if options["tls"] else None
    user_given = wants_login(options)
    try:
        return [read_target(word, port=options["port"], tls=tls, user_given=user_given) for word in words]
    except TargetError as error:
        raise click.UsageError(str(error)) from None


def _standard_input() -> list[str]:
    return read_targets(standard_input(1024 * 1024).splitlines())


def make_plan(options: dict[str, Any]) -> Plan:
    """The plan that the options describe."""
    if options["ipv4"] and options["ipv6"]:
        raise click.UsageError("-4 and -6 at once: choose one")
    return Plan(
        until=StepName(options["until"]),
        skip=frozenset(map(StepName, options["skip"])),
        timeout=options["timeout"],
        deadline=options["deadline"],
        family=4 if options["ipv4"] else 6 if options["ipv6"] else None,
        source=options["source"],
        ehlo_name=options["ehlo"],
        sni=options["sni"],
        ca_file=options["ca_file"],
        pin=options["pin"],
        insecure=options["insecure"],
        allow_plaintext_auth=options["allow_plaintext_auth"],
        mechanism=_mechanism(options["mechanism"]),
        warn_days=options["warn_days"],
        strict=options["strict"],
        ignore=frozenset(options["ignore"]),
    )


def _mechanism(name: str | None) -> str | None:
    if name is None or name.upper() in MECHANISMS:
        return name.upper() if name else None
    near = did_you_mean(name.upper(), MECHANISMS)
    raise click.UsageError(f"smtpprobe does not speak {name!r}{near} (it speaks {', '.join(MECHANISMS)})")


def check_together(given: list[Given], plan: Plan) -> None:
    """What makes no sense together."""
    from smtpprobe.protocol.certificates import TrustStore, TrustStoreError

    if plan.pin and plan.insecure:
        raise click.UsageError("--pin and --insecure at once: choose one")
    for one in given:
        literal = ":" in one.target.host or one.target.host.replace(".", "").isdigit()
        family = 6 if ":" in one.target.host else 4
        if literal and plan.family and plan.family != family:
            raise click.UsageError(f"-{plan.family} with {one.target.host}, which is an IPv{family} address")
        if plan.source and literal and (":" in plan.source) != (":" in one.target.host):
            raise click.UsageError(f"--source {plan.source} and {one.target.host} are of different families")
    if plan.ca_file:
        try:
            TrustStore.from_file(plan.ca_file)
        except TrustStoreError as error:
            raise click.UsageError(str(error)) from None
