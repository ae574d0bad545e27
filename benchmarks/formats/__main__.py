"""Every model of a list through all three formats, each file run and compared with PyTorch: `make coverage`.

    python -m benchmarks.formats [NAMES…] [--list FILE.py] [--bare] [--markdown docs/coverage.md] [--resume]

With `--bare` the converters by themselves are measured, too. See `benchmarks.survey` for lists.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.formats.table import Row, markdown, passed, summary
from benchmarks.survey import parser, survey

MODULE = "benchmarks.formats"
LIMIT_S = 1200.0


def main() -> int:
    """Parses the command line, measures, writes."""
    known = parser(MODULE, __doc__, Path("build/coverage.json"), LIMIT_S)
    known.add_argument("--bare", action="store_true", help="measures the converters by themselves, too")
    options = known.parse_args()
    if options.one:
        from benchmarks.formats.measure import measure

        (name,) = options.names
        options.one.write_text(json.dumps(measure(name, options.list, options.bare)))
        return 0

    def done(row: Row) -> bool:
        return passed(row) and (not options.bare or "bare" in row)

    rows = survey(MODULE, options, ["--bare"] if options.bare else [], done, summary)
    if options.markdown:
        options.markdown.parent.mkdir(parents=True, exist_ok=True)
        options.markdown.write_text(markdown(rows))
    print(f"{sum(passed(row) for row in rows)} of {len(rows)} pass in all three formats")
    return 0 if all(passed(row) for row in rows if not options.names or row["name"] in options.names) else 1


if __name__ == "__main__":
    sys.exit(main())
