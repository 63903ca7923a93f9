"""`make mutation`: how many faults in merge and facts the suite notices.

`python -m tests.mutation.run [--sample N] [--seed N] [--jobs N] [MODULE ...]`

Modules that are named get all their faults, without them a sample is drawn from every module.

The last line is for scripts: `killed=N total=N share=0.NNNN seed=N`.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.mutation.faults import Fault, faults
from tests.mutation.plugin import ROOT, Mutations

STAGES = ROOT / "adapter" / "reporting"
FILES = [
    *(
        STAGES / f"{name}.py"
        for name in ("merge", "defaults", "route", "ai_pairing", "certificate")
    ),
    *sorted((STAGES / "facts").glob("*.py")),
]
TESTS = (
    "tests/reporting",
    "tests/properties/test_merge.py",
    "tests/properties/test_certificate.py",
    "tests/properties/test_fields.py",
    "tests/mapping/test_template_dictations.py",
    "tests/mapping/test_lexicon.py",
)
LEFT_OUT = ("checks", "test_live_text.py", "test_written_form.py")
EQUIVALENT = Path(__file__).with_name("equivalent.yaml")
WANTED = 0.9
SAMPLE = 200


def main() -> int:
    """Print the table and the survivors; 1 when too many survive."""
    asked = _arguments()
    every = [fault for path in FILES if path.stem in asked.modules for fault in faults(path)]
    known = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or {}
    count = len(every) if asked.sample is None else min(asked.sample, len(every))
    chosen = random.Random(asked.seed).sample(every, count)
    chosen = [fault for fault in chosen if fault.name not in known]
    results: list[tuple[Fault, str]] = []
    begun = time.monotonic()

    def note(fault: Fault, verdict: str, by: str) -> None:
        results.append((fault, verdict))
        done = f"{len(results)}/{len(chosen)}"
        if asked.verbose or verdict != "killed":
            print(f"{done:9}{verdict:10}{fault.name}   {by}", file=sys.stderr, flush=True)
        elif len(results) % 20 == 0:
            print(done, file=sys.stderr, flush=True)

    ignored = [f"--ignore=tests/reporting/{name}" for name in LEFT_OUT]
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        "--timeout=0",
        "--no-header",
        "-W",
        "ignore",
        *ignored,
        *TESTS,
    ]
    pytest.main(options, plugins=[Mutations(chosen, asked.jobs, note)])
    return _tell(results, len(every), len(known), time.monotonic() - begun, asked.seed)


def _arguments() -> argparse.Namespace:
    names = [path.stem for path in FILES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(names)}")
    parser.add_argument("--sample", type=int, help=f"{SAMPLE} of all modules, when none is named")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--verbose", action="store_true", help="tell what noticed each fault")
    asked = parser.parse_args()
    unknown = set(asked.modules).difference(names)
    if unknown:
        parser.error(f"no such module: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    if not asked.modules:
        asked.modules, asked.sample = names, asked.sample or SAMPLE
    return asked


def _tell(results: list[tuple[Fault, str]], every: int, known: int, taken: float, seed: int) -> int:
    for fault, verdict in sorted(results, key=lambda each: (str(each[0].path), each[0].line)):
        if verdict != "killed":
            place = fault.path.relative_to(ROOT)
            print(f"{verdict:10}{place}:{fault.line} {fault.where}: {fault.what}")
    by_file: dict[str, Counter[str]] = {}
    for fault, verdict in results:
        by_file.setdefault(str(fault.path.relative_to(STAGES)), Counter())[verdict] += 1
    print(f"\n{'file':26}{'faults':>8}{'killed':>8}{'share':>8}")
    for name, counts in sorted(by_file.items()):
        share = counts["killed"] / counts.total()
        print(f"{name:26}{counts.total():>8}{counts['killed']:>8}{share:>8.1%}")
    killed = sum(counts["killed"] for counts in by_file.values())
    share = killed / len(results) if results else 1.0
    print(f"{every} faults in all, {known} known to change nothing; {taken:.0f} s")
    print(f"killed={killed} total={len(results)} share={share:.4f} seed={seed}")
    return 0 if share >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
