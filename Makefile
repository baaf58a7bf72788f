#
# This source file is part of the Keelson project.
#
# SPDX-FileCopyrightText: 2026 The Keelson Authors
# SPDX-License-Identifier: Apache-2.0

DATA_DIR ?= .keelson
SERVE_FLAGS ?=
SOAK_SECONDS ?= 600
# As programs that are to be quick are linked: with Swift's libraries in the executable, where the platform has them so.
STATIC_STDLIB := $(if $(filter Linux,$(shell uname)),--static-swift-stdlib)

.DEFAULT_GOAL := help
.PHONY: help run build test soak interop bench-client bench-storage bench-cacher docs format lint protos sanitize fuzz clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { printf "make %-38s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Install what is missing, build, and serve on a managed local etcd
	@CI/setup.sh run
	@CI/build.sh release keelson
	@exec "$$(swift build -c release --show-bin-path)/keelson" serve --data-dir $(DATA_DIR) $(SERVE_FLAGS)

build: ## Install what is missing and build the server for release
	@CI/setup.sh run
	@CI/build.sh release keelson

test: ## Install what is missing and run every test; ends with "N passed, N failed"
	@CI/setup.sh test
	@CI/test.sh

soak: ## Run the scenarios in their long form, SOAK_SECONDS each (600); ends with "N passed, N failed"
	@CI/setup.sh test
	@SOAK_SECONDS=$(SOAK_SECONDS) CI/soak.sh

interop: ## Install what is missing and run our transport against the gRPC C core
	@CI/setup.sh test
	@CI/test.sh InteropTests

bench-client bench-storage bench-cacher: bench-%: ## Measure a layer beside what it stands on: one line a row, with target and verdict
	@CI/setup.sh test
	@for product in $@ $(if $(filter bench-client,$@),bench-ours bench-libgrpc); do \
		swift build -c release $(STATIC_STDLIB) --package-path Benchmarks --product $$product >&2 || exit 1; \
	done
	@"$$(swift build -c release --package-path Benchmarks --show-bin-path)/$@"

docs: ## Build the documentation of the client's modules, into .build/docs
	@CI/setup.sh run
	@CI/docs.sh

format: ## Format the Swift sources in place
	@CI/format.sh

lint: ## Check the formatting
	@CI/format.sh --lint

protos: ## Regenerate the C of etcd's messages from Protos/
	@CI/protos.sh

sanitize: ## Run the C core under ASan and UBSan, the fuzzers briefly, and the client's tests under TSan
	@CI/setup.sh test
	@CI/sanitize-c.sh
	@CI/fuzz.sh decode watch
	@CI/sanitize-thread.sh

fuzz: ## Run the fuzzers, or TARGET=session|decode|watch, each for FUZZ_SECONDS (600)
	@CI/setup.sh test
	@FUZZ_SECONDS=$${FUZZ_SECONDS:-600} CI/fuzz.sh $(TARGET)

clean: ## Remove what was built (the data directory stays)
	@swift package clean
	@[ ! -d InteropTests/.build ] || swift package --package-path InteropTests clean
	@[ ! -d Benchmarks/.build ] || swift package --package-path Benchmarks clean
	@rm -rf .build-fuzz .build-tsan
