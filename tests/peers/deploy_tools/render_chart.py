"""Renders a Helm chart's templates with values, by a Go template engine in Python.

`render_chart.py CHART_FOLDER < values.json`: the Kubernetes objects as YAML. For the venv beside.
"""

import json
import sys
from pathlib import Path

import yaml
from gotpl import Environment
from gotpl.exts.helm import HelmExtension


def merged(base: dict, over: dict) -> dict:
    """As Helm does: mappings are merged, everything else is replaced."""
    both = {
        name: merged(base[name], value)
        if isinstance(value, dict) and isinstance(base.get(name), dict)
        else value
        for name, value in over.items()
    }
    return {**base, **both}


chart = Path(sys.argv[1])
told = yaml.safe_load((chart / "Chart.yaml").read_text())
values = merged(yaml.safe_load((chart / "values.yaml").read_text()), json.load(sys.stdin))
data = {
    "Values": values,
    "Chart": {"Name": told["name"], "AppVersion": told["appVersion"], "Version": told["version"]},
    "Release": {"Name": "test", "Namespace": "default"},
}
engine = (
    Environment()
    .with_extensions(HelmExtension())
    .from_sources({path.name: path.read_text() for path in sorted((chart / "templates").iterdir())})
)
for path in sorted((chart / "templates").glob("*.yaml")):
    print("---")
    print(engine.render_template(path.name, data))
