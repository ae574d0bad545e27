PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-android test-ios toolchains lint unit samples coverage zoo zoo-sdks lock clean

demo: $(VENV)/installed  ## Build sample_apps/digits for all targets; prints where the report and the SDKs are.
	$(BIN)/deploykit build sample_apps/digits

test: lint unit  ## Everything: ruff, mypy, pytest. Tests whose toolchain is missing skip visibly.

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: $(VENV)/installed
	$(BIN)/python -m pytest -ra --durations=25

test-android: $(VENV)/installed  ## Compiles generated Android SDKs, runs them on a JVM, and tells what was compared.
	$(BIN)/python -m pytest -rs -s tests/codegen/test_kotlin.py tests/generated/test_android_host.py tests/generated/test_android_sdks.py

# A skip would read as a pass: these tests are asked for by name, so what they need has to be there.
test-ios: $(VENV)/installed  ## Compiles generated Swift packages, runs them, and tells what was compared; skips nothing.
	DEPLOYKIT_FORBID_SKIP=1 $(BIN)/python -m pytest -rs -s tests/codegen/test_swift.py tests/generated/test_swift_compiles.py tests/generated/test_swift_sdks.py

toolchains: $(VENV)/installed  ## Installs Maven, Chromium and Swift on Debian, and onnx2tf in an environment of its own.
	bash tests/toolchains/install.sh $(BIN)/python

samples: $(VENV)/installed  ## Renders the checked-in sample apps anew.
	$(BIN)/python -m tests.samples

LIST ?= benchmarks/coverage.py

coverage: $(VENV)/installed  ## Every model of LIST through all three formats, resumably; the table goes into build/.
	$(BIN)/python -m benchmarks.formats --list $(LIST) --resume --markdown build/coverage.md

zoo: $(VENV)/installed  ## Every network of the zoo in all three formats, resumably; writes docs/zoo.md.
	$(BIN)/python -m benchmarks.zoo

zoo-sdks: $(VENV)/installed  ## Compiles and runs the SDKs of one network of each task, of what `make zoo` built.
	$(BIN)/python -m benchmarks.zoo.sdks

lock: $(VENV)/installed  ## Writes the locks of deploykit/environments anew; needs a network, takes minutes.
	$(BIN)/python -m tests.toolchains.lock

# One marker for both commands: pip resolves against constraints.txt, the set of versions that the tests passed with.
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist sample_apps/*/build
