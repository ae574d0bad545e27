"""`python -m tests.backends.coreml.conformance`: runs a seeded sample of coremltools' op tests on this machine.

The exit status is 0 if nothing failed and something passed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

from tests.backends.coreml.conformance.cases import OP_SUITES, TORCH_SUITES
from tests.backends.coreml.conformance.report import markdown
from tests.backends.coreml.conformance.run import run
from tests.backends.coreml.conformance.verdicts import Verdict


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    suites = {name: path for name, path in (OP_SUITES | TORCH_SUITES).items() if name in options.suite}
    if options.torch:
        suites = TORCH_SUITES
    began = time.monotonic()
    done = run(
        list(suites.values()),
        sample_size=options.sample,
        seed=options.seed,
        expression=options.k,
        broken=options.broken,
        limit=options.limit,
        progress=lambda text: print(text, file=sys.stderr, flush=True),
    )
    title = f"coremltools' tests on the reference runner: up to {options.sample} cases per test, seed {options.seed}"
    available = Counter({name: count for name, count in done.available.items() if count})
    text = markdown(done.judged, available, title)
    text += f"\n{round(time.monotonic() - began)} s.\n"
    print(text)
    if options.markdown:
        options.markdown.write_text(text)
    if options.json:
        lines = [json.dumps({"verdict": i.verdict.value, "reason": i.reason} | i.result.to_json()) for i in done.judged]
        options.json.write_text("\n".join(lines) + "\n")
    counts = Counter(item.verdict for item in done.judged)
    return 0 if counts[Verdict.PASSED] and not counts[Verdict.FAILED] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.backends.coreml.conformance", description=__doc__)
    parser.add_argument("--sample", type=int, default=8, metavar="N", help="cases per test function (8)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the sample and of the cases' values (0)")
    parser.add_argument("--suite", nargs="+", choices=OP_SUITES, default=list(OP_SUITES), help="op tests to run")
    parser.add_argument("--torch", action="store_true", help="the torch front end's tests instead of the op tests")
    parser.add_argument("-k", default="", metavar="EXPR", help="only the cases that pytest's -k would choose")
    parser.add_argument("--limit", type=int, metavar="N", help="of the whole sample, only N cases at random")
    parser.add_argument("--break", dest="broken", metavar="OP", help="falsify an op, to see that the suite can fail")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the result there too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write a line of JSON per case")
    return parser


if __name__ == "__main__":
    sys.exit(main())
