"""What every accelerator takes of every model of a list, and what LiteRT's GPU engine computes of it.

    python -m benchmarks.accelerators [NAMES…] [--list FILE.py] [--bare] [--markdown docs/accelerator-coverage.md]

Files at fp32 and fp16 are made, run and analysed as in a build. `VK_DRIVER_FILES` names another Vulkan driver. With
`--bare` litert-torch's own file is analysed, too. See `benchmarks.survey` for lists and for what is kept.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.accelerators.table import TARGETS, markdown, summary, wrong
from benchmarks.survey import Row, names_of, parser, survey

MODULE = "benchmarks.accelerators"
LIMIT_S = 2400.0


def main() -> int:
    """Parses the command line, measures, writes."""
    known = parser(MODULE, __doc__, Path("build/accelerators.json"), LIMIT_S)
    known.add_argument("--bare", action="store_true", help="analyses litert-torch's own file, too")
    known.add_argument("--target", action="append", choices=TARGETS, help="only these; may be given again")
    known.add_argument("--files", type=Path, help="keeps LiteRT's files, NAME-PRECISION.tflite and NAME-bare.tflite")
    options = known.parse_args()
    targets = tuple(options.target or TARGETS)
    if options.one:
        from benchmarks.accelerators.measure import measure

        (name,) = options.names
        options.one.write_text(json.dumps(measure(name, options.list, targets, options.bare, options.files)))
        return 0

    def done(row: Row) -> bool:
        return "failed" not in row and set(targets) <= set(row["files"]) and (not options.bare or "bare" in row)

    extra = [*(word for target in targets for word in ("--target", target)), *(["--bare"] if options.bare else [])]
    if options.files:
        options.files.mkdir(parents=True, exist_ok=True)
        extra += ["--files", str(options.files.resolve())]
    rows = survey(MODULE, options, extra, done, summary)
    if options.markdown:
        options.markdown.parent.mkdir(parents=True, exist_ok=True)
        options.markdown.write_text(markdown(rows, len(names_of(options.list))))
    bad = [row["name"] for row in rows if "failed" in row or wrong(row)]
    print(f"{len(rows) - len(bad)} of {len(rows)} without a wrong number{': not ' * bool(bad)}{', '.join(bad)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
