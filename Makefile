PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export PYTHONUNBUFFERED := 1

.PHONY: screenshots audit-dependencies privacy-payloads offline-bundle sbom fuzz-http plug-in-manifest conformance fuzz-mllp mapping-reference migration help demo test lint peers bench chaos clean bench-mllp bench-parse bench-merge bench-speech bench-live bench-pipeline bench-idle bench-checks bench-plug-in bench-web bench-report-page bench-scale bench-day bench-capacity bench-nodes bench-ledger mutation

help:  ## what each target does
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(STAMP): pyproject.toml requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or later is needed: make PYTHON=python3 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c requirements.lock -e '.[dev]'
	@touch $(STAMP)

demo: $(STAMP)  ## the main job on the embedded default, watched from outside
	$(BIN)/readout demo

test: $(STAMP)  ## the whole suite, three processes at once, as many wait (JOBS=…)
	$(BIN)/python -m pytest -n $${JOBS:-3} --dist loadfile --no-loadscope-reorder

lint: $(STAMP)  ## ruff, bandit, mypy --strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/bandit -q -ll -ii -r adapter
	$(BIN)/mypy
	$(BIN)/lint-imports

peers: $(STAMP)  ## programs of other makers that the tests talk to (as root)
	bash tests/peers/install.sh

fuzz-mllp: $(STAMP)  ## 100,000 mutated HL7 v2 messages against the real listener (FRAMES=…, SEED=…)
	$(BIN)/python -m tests.hl7v2.fuzz --frames $${FRAMES:-100000} --seed $${SEED:-1}

privacy-payloads: $(STAMP)  ## 10,000 outgoing payloads with planted identifiers, none of which may leave (PAYLOADS=…, SEED=…)
	READOUT_PRIVACY_PAYLOADS=$${PAYLOADS:-10000} READOUT_PRIVACY_SEED=$${SEED:-1000} $(BIN)/python -m pytest tests/privacy/test_planted.py -s --timeout 7200

fuzz-http: $(STAMP)  ## schemathesis against every HTTP and FHIR route (EXAMPLES=…)
	READOUT_FUZZ_EXAMPLES=$${EXAMPLES:-300} $(BIN)/python -m pytest tests/web/test_schemathesis.py --timeout 3600

properties: $(STAMP)  ## the invariants of merge, fields and certificate over many times the examples (TIMES=…)
	READOUT_PROPERTY_TIMES=$${TIMES:-40} $(BIN)/python -m pytest tests/properties --timeout 7200

chaos: $(STAMP)  ## kill -9 of every process at random moments (KILLS=… on each engine), and contexts over a bad network
	READOUT_CHAOS_KILLS=$${KILLS:-200} READOUT_CHAOS_DISKS=$${DISKS:-10} $(BIN)/python -m pytest tests/chaos -s
	READOUT_CONTEXT_SEEDS=$${SEEDS:-20} $(BIN)/python -m pytest tests/fhircast/test_simulation.py

bench: bench-mllp bench-parse bench-merge bench-speech bench-live bench-pipeline bench-idle bench-checks bench-plug-in bench-web bench-report-page bench-scale bench-day bench-capacity bench-nodes bench-ledger  ## all tables

bench-mllp bench-parse bench-merge bench-speech bench-live bench-pipeline bench-idle bench-checks bench-plug-in bench-web bench-report-page bench-scale bench-day bench-capacity bench-nodes bench-ledger: $(STAMP)
	$(BIN)/python -m tests.bench.$(subst -,_,$(subst bench-,,$@))

screenshots: $(STAMP)  ## every page in both themes and four widths, below test-output/pages, to be looked at (PAGES="report- dialog-")
	$(BIN)/python -m tests.browser.screenshots $(PAGES)

audit-dependencies: $(STAMP)  ## known vulnerabilities of the pinned dependencies (asks the advisory database of PyPI)
	$(BIN)/python -m pip install --quiet -e '.[audit]'
	$(BIN)/pip-audit -r requirements.lock --no-deps --disable-pip

mutation: $(STAMP)  ## faults put into merge and facts; the suite must notice nine of ten. MODULES="scope sides": all theirs; JOBS=1
	$(BIN)/python -m tests.mutation.run $(MODULES) $(if $(JOBS),--jobs $(JOBS))

mapping-reference: $(STAMP)  ## writes mappings/README.md from the code that reads the files
	$(BIN)/python -m tests.architecture.mapping_reference

plug-in-manifest: $(STAMP)  ## writes deploy/plugin/extension.yaml from the packaged mapping
	$(BIN)/readout plug-in-manifest > deploy/plugin/extension.yaml

conformance: $(STAMP)  ## writes deploy/access.md, and hl7v2.md, fhir.md and dicom.md of deploy/conformance from the mappings and the code
	$(BIN)/python -m tests.conformance.page
	$(BIN)/python -m tests.conformance.fhir_page
	$(BIN)/python -m tests.conformance.dicom_page
	$(BIN)/python -m tests.conformance.access_page

offline-bundle: $(STAMP)  ## dist/readout-offline.tar.gz: installs where no network is; proved before it is packed
	bash deploy/offline/bundle.sh $(BIN)

sbom: offline-bundle  ## dist/readout.cdx.json: CycloneDX, of what the bundle really installs

migration: $(STAMP)  ## M="what changes": the migration from the last one to the tables
	$(BIN)/python -m tests.store.new_migration "$(M)"
	$(BIN)/ruff check --quiet --fix adapter/store/migrations; $(BIN)/ruff format --quiet adapter/store/migrations

clean:  ## remove what the other targets made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build
