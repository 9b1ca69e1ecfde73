# make report, make test: README.md says what for. DATA=DIR picks the data folder.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# A word for the shell, whatever characters it holds.
quote = '$(subst ','\'',$(1))'

# Notebooks run in their own folder: the path must not depend on it.
ifneq ($(strip $(DATA)),)
override DATA := $(shell case $(call quote,$(DATA)) in (/*) printf %s $(call quote,$(DATA));; (*) printf %s $(call quote,$(CURDIR)/$(DATA));; esac)
export DATA
endif

# Where the stand-in data, records, cache, weights and report live: below this folder, or in the project.
ifneq ($(strip $(THESIS_HOME)),)
override THESIS_HOME := $(shell case $(call quote,$(THESIS_HOME)) in (/*) printf %s $(call quote,$(THESIS_HOME));; (*) printf %s $(call quote,$(CURDIR)/$(THESIS_HOME));; esac)
export THESIS_HOME
endif
STANDIN := $(or $(THESIS_HOME),data)/standin

# The plug-in's path, as lib/setup has it.
ifeq ($(BACKEND),cuda)
export GOMLX_BACKEND := xla:$(CURDIR)/.venv/cuda/jax_plugins/xla_cuda13/xla_cuda_plugin.so,notf32
SETUP := -cuda
else ifneq ($(filter-out cpu,$(BACKEND)),)
$(error BACKEND=$(BACKEND): there are cpu, the default, and cuda)
endif

THESIS := go run ./lib/cmd/thesis

.PHONY: help setup report lab test cross bench parity clean go standin

help: ## print this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 16
	@echo "  DATA=DIR behind any of them takes your screenshots instead of the stand-in data"
	@echo "  BACKEND=cuda runs the networks on an NVIDIA GPU"
	@echo "  PROFILE=thesis SEED=2 CNN=NAME VIT=NAME ARMS=ARM,ARM choose what is trained; a wrong value lists the right ones"
	@echo "  AGAIN=1 makes pages anew from which nothing has changed, too; else they are kept"
	@echo "  THESIS_HOME=DIR keeps what is made (stand-in data, records, cache, weights, report) below DIR"

setup: go ## install everything into .venv; nothing to do the second time
	@go run ./lib/cmd/setup $(SETUP)

report: setup standin ## run the chapters and write report/index.html
	@$(THESIS) report $(if $(AGAIN),-again)

lab: setup standin ## open JupyterLab with the chapters' notebooks
	@nice -n 10 go run ./lib/cmd/setup -gopls & .venv/bin/python -m jupyterlab --ServerApp.root_dir=$(call quote,$(CURDIR)) --LabApp.default_url=/lab/tree/notebooks

test: go ## check and run everything, notebooks and pages in a browser included
	@go run ./lib/cmd/setup -browser -cross -slurm $(SETUP)
	@bad=$$(gofmt -l lib notebooks); [ -z "$$bad" ] || { echo "not formatted, run gofmt -w on:" $$bad; exit 1; }
	go vet ./...
	@$(MAKE) cross
	go test -timeout 75m ./...

# Compiles everything, tests included, for the other platforms; nothing is linked, since that wants Apple's frameworks.
ZIG := $(CURDIR)/.venv/zig
cross:
	@[ "$$(uname -sm)" = "Linux x86_64" ] || { echo "not compiled for other platforms: that needs Linux on x86-64"; exit 0; }; \
	for t in linux/arm64/aarch64-linux-gnu.2.28 darwin/arm64/aarch64-macos.13.0; do \
		IFS=/ read -r os arch target <<<"$$t"; echo "go vet ./... for $$os on $$arch"; \
		ZIG_GLOBAL_CACHE_DIR="$(ZIG)/cache" ZIG_LOCAL_CACHE_DIR="$(ZIG)/cache" GOOS=$$os GOARCH=$$arch CGO_ENABLED=1 \
		CC="'$(ZIG)/ziglang/zig' cc -target $$target" CXX="'$(ZIG)/ziglang/zig' c++ -target $$target" go vet ./... || exit 1; \
	done

bench: setup ## measure speed; beside PyTorch where make parity has installed it
	go test -run '^$$' -bench . ./lib/...
	go run ./lib/vision/testdata/bench

parity: setup ## compare the full-size networks with PyTorch, which it installs (gigabytes)
	@[ -e .venv/parity/bin/pip ] || python3 -m venv .venv/parity
	.venv/parity/bin/pip install -q -r lib/vision/testdata/requirements.txt
	go test -count=1 -timeout 30m -tags parity -run Parity -v ./lib/vision ./lib/explain

clean: ## remove all that was made or installed here; your own data folders stay
	rm -rf .venv report data/cache data/records data/weights
	@if [ -e data/standin/standin.json ]; then echo rm -rf data/standin; rm -rf data/standin; fi

# What the rest is built with, checked before any work.
go:
	@case "$$PWD" in *\\*) echo "the project's folder $$PWD has a \\ in its path, which Go takes for its own: move or rename the folder"; exit 1;; esac
	@command -v go >/dev/null || { echo "Go 1.26 or newer is missing on this machine: install it from your system's packages or the Go project's site"; exit 1; }
	@go version | grep -qE 'go1\.(2[6-9]|[3-9][0-9]|[1-9][0-9]{2})' || { echo "Go 1.26 or newer is needed; this is $$(go version 2>&1 | head -1)"; exit 1; }

standin: setup
ifeq ($(strip $(DATA)),)
	@[ -e $(call quote,$(STANDIN)/standin.json) ] || $(THESIS) data standin
endif
