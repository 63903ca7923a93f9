#!/usr/bin/env bash
# Installs or upgrades Readout from this folder, without network: install.sh [VENV, /opt/readout]
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
venv="${1:-/opt/readout}"
(cd "$here" && sha256sum --check --quiet SHA256SUMS)
# Of the Python that the bundle was made with: wheels hold compiled code for that version alone.
python="${PYTHON:-python$(cat "$here/python-version")}"
command -v "$python" >/dev/null || { echo "$python is needed; install it, or name it: PYTHON=…"; exit 1; }
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
extras="$(cat "$here/extras")"
"$venv/bin/python" -m pip install --quiet --no-index --find-links "$here/wheels" --upgrade \
  "readout${extras:+[$extras]}"
"$venv/bin/readout" --version
