# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns the output of a command into the Markdown of a comment: python3 comment.py check.txt > comment.md

Partners choose names, and a name may hold Markdown. So the output stands in a block whose fence is longer than any run
of backticks in it. What is too long for a comment loses its middle: the summary stands at the end.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

LIMIT = 60_000  # characters; GitHub takes 65,536
HEAD = 20_000


def comment(output: str) -> str:
    """Return the comment on an output."""
    if len(output) > LIMIT:
        omitted = len(output) - LIMIT
        output = f"{output[:HEAD]}\n... {omitted} characters are left out here ...\n{output[HEAD - LIMIT :]}"
    longest = max((len(run) for run in re.findall("`+", output)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"What a run would do:\n\n{fence}text\n{output.rstrip()}\n{fence}\n"


if __name__ == "__main__":
    sys.stdout.write(comment(Path(sys.argv[1]).read_text(encoding="utf-8")))
