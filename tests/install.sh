#!/bin/sh
# usage: install.sh FUSEWRIGHT BUILD
# What is installed is what the tool reads: every rule, every target and every template.
. "$(dirname "$0")/lib.sh"
build=$2
cmake --install "$build" --prefix "$work/inst" >"$work/log" 2>&1 || { failed "cmake --install"; tail -n 5 "$work/log"; }
(cd "$root" && find rules -name '*.lua' && find templates -type f) | sort >"$work/wanted"
(cd "$work/inst/share/fusewright" && find . -type f | sed 's|^\./||') | sort >"$work/found"
diff "$work/wanted" "$work/found" || failed "the installed rules and templates are not those of the tree"
"$work/inst/bin/fusewright" version >/dev/null || failed "the installed program does not run"
finish
