# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that a newcomer can read each Python file in one go: not too many lines of code in a file, or in a function.

Usage: check_sizes.py FOLDER...

Lines of code are those with more than a comment, a docstring or documentation of a plugin on them. A function's length
counts from its def to its end.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

LINES_OF_A_FILE = 300
LINES_OF_A_MODULE = 150
LINES_OF_A_FUNCTION = 40
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}


def is_documentation(node: ast.stmt) -> bool:
    """Return whether a statement is a docstring, or the documentation of a plugin."""
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id in DOCUMENTATION for target in node.targets)
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def lines_of_code(source: str) -> int:
    """Return how many lines of a file hold code."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt) and is_documentation(node):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def too_long(path: Path) -> Iterator[str]:
    """Yield one line for the file, and for each function in it, that is too long."""
    source = path.read_text(encoding="utf-8")
    most = LINES_OF_A_MODULE if path.parent == Path("plugins/modules") else LINES_OF_A_FILE
    number = lines_of_code(source)
    if number > most:
        yield f"{path}: {number} lines of code, of {most} at most"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LINES_OF_A_FUNCTION:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines, of {LINES_OF_A_FUNCTION} at most"


def main() -> None:
    """Check every Python file below the folders, and fail with what is too long."""
    folders = map(Path, sys.argv[1:])
    paths = sorted(path for folder in folders for path in folder.rglob("*.py") if "output" not in path.parts)
    problems = [problem for path in paths for problem in too_long(path)]
    if problems:
        raise SystemExit("\n".join(problems))


if __name__ == "__main__":
    main()
