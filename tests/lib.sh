# shellcheck shell=sh
# Shared by the scripts of tests/. Each is run as `sh SCRIPT FUSEWRIGHT [ARGUMENTS]` from any folder.
set -eu
LC_ALL=${LC_ALL:-C}
export LC_ALL
tests=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$tests/.." && pwd)
shared=$root/../shared
work=$(mktemp -d "${TMPDIR:-/tmp}/fw-test-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
failures=0

# The line that every generated folder must build with, but for the compiler.
flags="-std=c11 -O3 -march=native -Wall -Wextra -Werror"
libraries="-lm -lpthread"

# Ends the test as skipped; the reason is shown again at the end of './fw test'.
skip() {
    echo "SKIPPED: $*"
    exit 77
}

# Skips on a user's machine what CI must be able to run.
skip_but_in_ci() {
    [ "${CI:-}" != true ] || { echo "FAILED: CI must run this: $*"; exit 1; }
    skip "$@"
}

# Notes a failure and goes on, so that one run shows all of them.
failed() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

finish() {
    [ "$failures" -eq 0 ] || { echo "$failures failures"; exit 1; }
    exit 0
}

have() { command -v "$1" >/dev/null 2>&1; }

# Names and contents of everything in a folder, as one text.
snapshot() {
    (cd "$1" && find . | sort | while read -r name; do
        if [ -f "$name" ]; then echo "$name $(cksum <"$name")"; else echo "$name"; fi
    done)
}
