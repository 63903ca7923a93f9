#!/usr/bin/env bash
# Installs the programs of other makers that the tests talk to; as root where Debian packages are missing.
set -euo pipefail
cd "$(dirname "$0")"

if ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
  apt-get update
  apt-get install -y --no-install-recommends postgresql
fi
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  apt-get update
  apt-get install -y --no-install-recommends nodejs npm
fi
if ! command -v chromium >/dev/null; then
  apt-get update
  apt-get install -y --no-install-recommends chromium fonts-dejavu-core
fi
if ! command -v Orthanc >/dev/null || ! command -v storescu >/dev/null || ! ls /usr/share/orthanc/plugins/*DicomWeb* >/dev/null 2>&1; then
  apt-get update
  apt-get install -y --no-install-recommends orthanc orthanc-dicomweb dcmtk
fi
if ! ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1; then
  apt-get update
  apt-get install -y --no-install-recommends faketime
fi
(cd axe && npm ci --ignore-scripts --no-audit --no-fund)
(cd fhir_server && npm ci --ignore-scripts --no-audit --no-fund)
(cd mllp_node && npm ci --ignore-scripts --no-audit --no-fund)
(cd fhircast_node && npm ci --ignore-scripts --no-audit --no-fund)
(cd openid_provider && npm ci --ignore-scripts --no-audit --no-fund)
python3 -m venv deploy_tools/.venv && deploy_tools/.venv/bin/pip install --quiet -r deploy_tools/requirements.txt
python3 -m venv s3_server/.venv && s3_server/.venv/bin/pip install --quiet -r s3_server/requirements.txt
