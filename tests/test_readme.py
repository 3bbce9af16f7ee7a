"""The README and its pages cannot go stale: what they show is what the program prints, their examples run.

`python -m tests.test_readme` writes the outputs into them anew.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "docs" / "535.md")
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
SHOWN = re.compile(r"<!-- shows: (.*?) -->\n```console\n(.*?)```", re.DOTALL)
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^smtpprobe .*$", re.MULTILINE)


def output_of(command: str) -> str:
    """What the command prints on a terminal of 80 columns."""
    code = (
        "import sys; from smtpprobe.cli import output, run; output.width_of = lambda stream: 80\n"
        "from smtpprobe.cli import sessions; sessions.width_of = lambda stream: 80\n"
        f"sys.exit(run({shlex.split(command)!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert not done.stderr
    return f"$ smtpprobe {command}\n\n{done.stdout}"


def steady(text: str) -> str:
    """The text without what differs from run to run: times, bars, ports, days, and the blanks around them."""
    text = re.sub(r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}(:\d{2})? UTC)?", "DATE", text)
    text = re.sub(r"\|[ #]{10}\|", "BAR", text)
    text = re.sub(r"\+?\d+(\.\d+)? m?s\b", "TIME", text)
    text = re.sub(r"localhost(:| port )\d+", "localhost:PORT", text)
    return re.sub(r"[ \n]+", " ", text)


@pytest.mark.parametrize(("command", "shown"), SHOWN.findall(TEXT))
def test_what_it_shows_is_what_the_program_prints(command: str, shown: str) -> None:
    assert steady(shown) == steady(output_of(command))


@pytest.mark.parametrize("example", PYTHON.findall(TEXT))
def test_its_examples_run(example: str, tmp_path: Path) -> None:
    """Nothing listens on the port they name: that is a report, not an error."""
    path = tmp_path / "example.py"
    path.write_text(example)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        capture_output=True,
        text=True,
        env={**os.environ},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("command", COMMAND.findall(TEXT))
def test_its_commands_are_understood(command: str) -> None:
    """Every option is there, and every target can be read: a session is not needed to see that."""
    words = shlex.split(command, comments=True)[1:]
    if words[0] != "check":
        done = subprocess.run([sys.executable, "-m", "smtpprobe", *words], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        return
    # An address that nothing is sent to: the name is only looked at.
    words = [re.sub(r"mail\.example", "127.0.0.1", word) for word in words]
    environ = {**os.environ, "SMTPPROBE_PASSWORD": "none"}
    done = subprocess.run(
        [sys.executable, "-m", "smtpprobe", *words, "--until", "resolve"],
        capture_output=True,
        env=environ,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def main() -> None:
    """Write the outputs anew."""

    def fresh(found: re.Match[str]) -> str:
        return f"<!-- shows: {found[1]} -->\n```console\n{output_of(found[1])}```"

    for page in PAGES:
        page.write_text(SHOWN.sub(fresh, page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
