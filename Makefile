# Webphone: everything a newcomer, a developer and the CI start is here.
# Each target installs through apt what it lacks and says so.

.PHONY: demo run build test bench check lint fuzz clean

# The phone against an embedded server: calls Echo at once.
demo: install-run build
	./webphone demo

# The phone for a real account.
run: install-run build
	./webphone

# A caret that blinks softly redraws the window 60 times a second: a sixth of a
# core without a graphics card. Without animations it stands still.
build: install-build
	go build -tags no_animations -o webphone .

# Everything that can fail: style, rules, unit tests under the race detector,
# fuzzing, calls through Kamailio with JsSIP and SIP.js, the whole program on a
# display.
test: install-test
	.ci/test

# Figures of speed, latency, sound and size beside Chromium's, in one table.
bench: install-test build
	.ci/bench

# Style and static analysis only.
check lint: install-build
	.ci/check

# 400000 inputs for each fuzz target, or FUZZCOUNT.
fuzz: install-build
	.ci/fuzz

clean:
	rm -rf webphone artifacts phone/interop/testdata/peer/node_modules

.PHONY: install-build install-run install-test
install-build install-run install-test: install-%:
	@.ci/install $*
