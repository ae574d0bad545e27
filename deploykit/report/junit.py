"""`junit.xml`: one suite per target, one case per precision × runner × compute units × input, for CI systems."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from deploykit.manifest import GateRecord, ParityRecord
from deploykit.report.model import ArtifactRecord, Report
from deploykit.report.rows import headline
from deploykit.report.words import clean, db, gpu, leaves_out, no_artifact, numbers, runner_note


def junit(report: Report) -> str:
    """The report as JUnit XML."""
    root = element(None, "testsuites", name=f"deploykit {report.model.name} {report.model.version}")
    targets = dict.fromkeys([a.target for a in report.artifacts] + [p.target for p in report.parity])
    for target in targets:
        suite = element(root, "testsuite", name=target)
        properties = element(suite, "properties")
        for name, value in {"host": report.host, **dict(sorted(report.versions.items()))}.items():
            element(properties, "property", name=name, value=value)
        for artifact in report.artifacts:
            if artifact.target == target:
                _artifact(suite, artifact, report)
            if artifact.target == target:
                for gate in artifact.gates:
                    _gate(suite, artifact, gate)
        for record in report.parity:
            if record.target == target:
                _comparison(suite, record)
        count(suite, [suite])
    count(root, list(root))
    if not targets:
        case = element(element(root, "testsuite", name="build", tests="1"), "testcase", classname="build", name="build")
        element(case, "error", message=headline(report))
        root.attrib.update(tests="1", errors="1")
    return as_text(root)


def as_text(root: Element) -> str:
    """The file."""
    indent(root)
    return "<?xml version='1.0' encoding='utf-8'?>\n" + tostring(root, encoding="unicode") + "\n"


def _artifact(suite: Element, artifact: ArtifactRecord, report: Report) -> None:
    """A case of its own where there is no artifact, or nothing that looked at it."""
    checked = any((p.target, p.precision) == (artifact.target, artifact.precision) for p in report.parity)
    if artifact.path is not None and checked:
        return
    case = element(suite, "testcase", classname=artifact.target, name=f"{artifact.precision} artifact")
    if artifact.path is None:
        text = no_artifact(artifact)
        element(
            case, "error", text + (f"\nlog: {artifact.log}" if artifact.log else ""), message=text, type="no artifact"
        )
    else:
        element(case, "skipped", message="not run: nothing was compared, no runner opened this artifact")


def _gate(suite: Element, artifact: ArtifactRecord, gate: GateRecord) -> None:
    case = element(suite, "testcase", classname=artifact.target, name=f"{artifact.precision} gate: {gate.gate}")
    figures = f"{db(gate.snr_db)}, required {db(gate.required_snr_db)}: " if gate.snr_db is not None else ""
    text = figures + gate.reason
    if gate.verdict == "failed":
        element(case, "failure", text, message=text, type="gate")
    elif gate.verdict == "not_run":
        element(case, "skipped", message=f"not run: {text}")
    else:
        element(case, "system-out", text)


def _comparison(suite: Element, record: ParityRecord) -> None:
    name = " ".join(filter(None, (record.precision, record.runner, record.compute_units, record.input)))
    case = element(suite, "testcase", classname=record.target, name=name)
    figures = record.model_dump(include={"draws", "snr_db", "required_snr_db", "floor_snr_db", "max_abs", "max_rel"})
    properties = element(case, "properties")
    for key, value in {**figures, **record.metric}.items():
        if value is not None:
            element(properties, "property", name=key, value=f"{value:.6g}")
    if note := runner_note(record.runner, record.compute_units):
        element(properties, "property", name="note", value=note)
    if record.gpu is not None:
        element(properties, "property", name="gpu", value=gpu(record.gpu, record.precision))
    if record.verdict == "failed" and record.accelerator is not None:
        text = f"failed on the {record.accelerator.upper()}: {record.reason or 'outputs differ'} ({numbers(record)})"
        element(case, "skipped", message=f"{text}; {leaves_out(record.accelerator)}")
    elif record.verdict == "failed":
        text = f"{record.reason or 'outputs differ'} ({numbers(record)})"
        element(case, "failure", text, message=text, type="parity")
    elif record.verdict == "not_run":
        element(case, "skipped", message=f"not run: {record.reason or 'no reason was given'}")
    else:
        element(case, "system-out", numbers(record) + (f"\n{record.reason}" if record.reason else ""))


def count(root: Element, suites: list[Element]) -> None:
    """Writes how many cases of which outcome there are below some suites."""
    for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        root.set(attribute, str(sum(len(list(suite.iter(tag))) for suite in suites)))


def element(parent: Element | None, tag: str, content: str | None = None, **attributes: str) -> Element:
    """A child; what XML 1.0 cannot hold is replaced."""
    safe = {name: clean(value) for name, value in attributes.items()}
    made = Element(tag, safe) if parent is None else SubElement(parent, tag, safe)
    made.text = clean(content) if content is not None else None
    return made
