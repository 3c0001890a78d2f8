#!/bin/sh
# Layers cannot leak: only schedule/ includes isl, only rules/ includes Lua, only ir/base/file.c opens files, and each folder includes
# only headers of the folders below it.
. "$(dirname "$0")/lib.sh"
cd "$root"
complain() { [ -z "$2" ] || { failed "$1"; echo "$2"; }; }
sources=$(find ir schedule rules gen -name '*.c' -o -name '*.h')
# shellcheck disable=SC2086
search() { grep -nE "$1" $sources | grep -vE "$2" || true; }
complain "isl outside of schedule/" "$(search '#include *<isl/' '^schedule/')"
complain "Lua outside of rules/" "$(search '#include *[<"](lua|lauxlib|lualib)\.h' '^rules/')"
complain "files are opened outside of ir/base/file.c" "$(search '\b(fopen|freopen|open|openat|creat|opendir|tmpfile|mkstemp) *\(' '^ir/base/file\.c|:[0-9]+: *(/?\*|//)|static (void|bool) open\(|\bopen\((j|&j),')"
complain "headers of a layer above" "$(
    grep -nE '#include "(schedule|plan|rules|gen|emit|options)\.h"' $(find ir -name '*.[ch]')
    grep -nE '#include "(rules|gen|emit|options|host)\.h"' $(find schedule -name '*.[ch]')
    grep -nE '#include "(gen|emit|options)\.h"' $(find rules -name '*.[ch]')
    true)"
complain "standard output or error, or an exit, inside the libraries" \
    "$(search '\b(printf|puts|putchar|perror|abort|exit|assert) *\(|\bstd(out|err)\b' '^gen/main\.c|^gen/names\.c|^ir/base/arena\.c|:[0-9]+: *(/?\*|//)')"
complain "unfinished marks" "$(search '\b(TODO|FIXME|XXX|HACK)\b|#if 0' '^$')"
finish
