# Everything runs in .venv; `make PYTHON=python3.12 install` chooses the Python it is made with (3.10 to 3.13).
PYTHON ?= python3
PIP := .venv/bin/python -m pip --disable-pip-version-check
USABLE := .venv/.bert4ner-usable
INSTALLED := .venv/.bert4ner-installed
DEMO := runs/demo
PLAIN := --config-settings editable_mode=compat
# With NVIDIA's driver on the machine TensorFlow comes with the CUDA libraries that it needs.
GPU := $(if $(shell command -v nvidia-smi),[gpu])

# Files in the order of tests/conftest.py, the longest first; xdist would begin with those of most tests.
PYTEST := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help install user demo check test fuzz kills soak numbers bench-accuracy bench-speed bench-scaling bench-heads bench-combine bench-ablation bench-decoding lint docs-index docs release-check clean
.DELETE_ON_ERROR:

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

install: $(INSTALLED)  ## create .venv and install everything into it

# What a user needs. bert4keras comes last and without its requirements: its keras<=2.3.1 contradicts every TensorFlow
# since 2.16. No build isolation: an editable install copies no bert4keras, so the build needs nothing but setuptools.
# A plain path instead of an import hook: with the hook, Python takes the folder of the clone for the package in a script
# that lies beside it.
$(USABLE): setup.py pyproject.toml
	@echo 'Installing TensorFlow and the other packages that bert4ner needs into .venv: about 700 MB of downloads, 2.5 GB on disk (3.6 GB for make test). This takes two minutes or more, several on a slow network, without any output.'
	.venv/bin/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	$(PIP) --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip
	$(PIP) install --quiet 'setuptools>=77'
	$(PIP) install --quiet --no-build-isolation --use-pep517 $(PLAIN) --editable '.$(GPU)'
	$(PIP) install --quiet --no-build-isolation --use-pep517 --no-deps bert4keras==0.11.5
	@touch $(USABLE)

$(INSTALLED): $(USABLE)
	$(PIP) install --quiet --no-build-isolation --use-pep517 $(PLAIN) --editable '.[test]'
	@touch $(INSTALLED)

user: $(USABLE)  ## create .venv with what a user needs, no more

# Run again it shows its own run again; a run of other data or options of that name is refused, not deleted.
demo: $(USABLE)  ## the main job on the bundled sample: cross-validate, predict, report; installs no test tools
	.venv/bin/python -m bert4ner demo --output $(DEMO)

check: lint  ## lint, types, and the tests that need no TensorFlow (two minutes on 2 cores)
	.venv/bin/python -m pytest $(PYTEST) --without-tensorflow

# Much of it is interpreters starting and networks being traced, on one core each.
test: install  ## the whole test suite, slow tests included, on up to four cores
	.venv/bin/python -m pytest $(PYTEST) --durations 20

fuzz: install  ## 100,000 damaged files read by every format (minutes; FUZZ='--inputs 1000 --seed 1', FUZZ=--runs)
	.venv/bin/python -m tests.fuzz $(FUZZ)

soak: install  ## one recognizer, 4 threads, texts of 0 to 100,000 characters, for an hour (SOAK='--minutes 5' for less)
	.venv/bin/python -m tests.soak $(SOAK)

kills: $(USABLE)  ## cross-validation killed 140 times and run again (an hour; KILLS='--group 5 --signals 0 --seed 1' for fewer)
	.venv/bin/python -m tests.kills $(KILLS)

numbers: $(USABLE)  ## docs/numbers.md and the tables of the READMEs from what benchmarks/measured keeps
	.venv/bin/python benchmarks/provenance.py
	.venv/bin/python benchmarks/make_pages.py

bench-accuracy: install  ## accuracy of the defaults on published data beside the repository, 3 seeds (hours on 2 cores)
	.venv/bin/python benchmarks/accuracy.py --crossval

bench-heads: install  ## every head on TCM and CMeEE, 3 seeds (many hours on 2 cores)
	.venv/bin/python benchmarks/heads.py
	.venv/bin/python benchmarks/heads.py --speed 3

bench-combine: install  ## different heads combined at every level on TCM (hours on 2 cores)
	.venv/bin/python benchmarks/combine.py

bench-ablation: install  ## effect of each training technique on TCM (many hours on 2 cores; resumes)
	.venv/bin/python benchmarks/ablation.py

bench-decoding: install  ## time of n best paths and of exact probabilities (a minute)
	.venv/bin/python benchmarks/decoding.py

bench-speed: install  ## beside the published recipe and PyTorch, in one run (half an hour on 2 cores; installs PyTorch)
	$(PIP) install --quiet --no-build-isolation --use-pep517 $(PLAIN) --editable '.[bench]'
	.venv/bin/python benchmarks/speed.py

bench-scaling: install  ## time and memory against number of documents and length of text (20 minutes on 2 cores)
	.venv/bin/python benchmarks/scaling.py

docs-index: install  ## write the index of docs/decisions and the tables of families and of legacy anew
	$(PYTHON) docs/index_of_decisions.py
	.venv/bin/python docs/table_of_families.py
	.venv/bin/python docs/table_of_legacy.py

lint: install  ## ruff and mypy
	.venv/bin/python -m ruff check
	.venv/bin/python -m ruff format --check
	.venv/bin/python -m mypy

docs: install  ## the site of guides, decisions and API pages in build/site; a broken link or missing page is an error
	$(PIP) install --quiet --no-build-isolation --use-pep517 $(PLAIN) --editable '.[docs]'
	NO_MKDOCS_2_WARNING=1 .venv/bin/python -m mkdocs build --strict

# TESTS=check runs the light tests instead of all.
release-check: install  ## what a release must pass: clean tree, version, tests, wheel alone, notices (half an hour)
	.venv/bin/python .ci/release_check.py --tests $(or $(TESTS),test)

clean:  ## remove what the other targets made, .venv included; runs stay
	rm -rf .venv build dist bert4ner.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find bert4ner tests -name __pycache__ -type d -prune -exec rm -rf {} +
