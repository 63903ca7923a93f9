#!/usr/bin/env bash
# Makes dist/readout-offline.tar.gz: wheels by requirements.lock, install.sh, unit and monitoring
# files, checksums, SBOM in CycloneDX; and proves that it installs and runs without a package index.
# EXTRAS names the extras that are in it, by commas, and that install.sh installs, too; where it is not
# set: all that a service may need, but the largest. By `make offline-bundle`; the program that writes
# the SBOM comes by `make peers`.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin="${1:?name the folder that holds python of the venv}"
extras="${EXTRAS-traces,s3,parquet}"
out=dist/readout-offline
rm -rf "$out" "$out.tar.gz"
mkdir -p "$out/wheels"
"$bin/python" -m build --wheel --no-isolation --outdir "$out/wheels" . >/dev/null
"$bin/python" -m pip download --quiet --only-binary :all: -c requirements.lock \
  --dest "$out/wheels" "$(echo "$out"/wheels/readout-*.whl)${extras:+[$extras]}"
echo "$extras" >"$out/extras"
"$bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' >"$out/python-version"
cp deploy/offline/install.sh requirements.lock "$out/"
cp -r deploy/systemd deploy/monitoring deploy/conformance deploy/*.md "$out/"
sums() { (cd "$out" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS); }
sums

proof="$(mktemp -d)"
trap 'rm -rf "$proof"' EXIT
# install.sh asks no index; nor may a setting of this machine lend it one.
env -u PIP_FIND_LINKS PIP_CONFIG_FILE=/dev/null bash "$out/install.sh" "$proof/venv"
"$proof/venv/bin/python" -m pip check
(cd "$proof" && "$proof/venv/bin/readout" check-mappings)
# What is in it, from what was really installed.
tests/peers/deploy_tools/.venv/bin/cyclonedx-py environment --pyproject pyproject.toml \
  --output-reproducible --output-format JSON --output-file "$out/readout.cdx.json" "$proof/venv/bin/python"
cp "$out/readout.cdx.json" dist/
sums
tar -C dist -czf "$out.tar.gz" readout-offline
echo "$out.tar.gz installs and runs without network"
