#!/bin/sh
# Output that cannot or must not be written: exit 3, and the folder is as it was. What an earlier run wrote is replaced.
. "$(dirname "$0")/lib.sh"
tool=$1
small=$tests/models/softmax.hlo other=$tests/models/mlp.hlo
# expect STATUS WORDS COMMAND...: runs the command, which must end so and say so.
expect() {
    wanted=$1 words=$2 status=0
    shift 2
    "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
    [ "$status" -eq "$wanted" ] || failed "exit $status, not $wanted: $*"
    grep -qF -- "$words" "$work/stderr" || { failed "no message says '$words': $*"; sed 's/^/    /' "$work/stderr"; }
}
# untouched NAME: the folder is what it was at the last call of remember.
remember() { snapshot "$work/$1" >"$work/before"; }
untouched() {
    snapshot "$work/$1" >"$work/after"
    cmp -s "$work/before" "$work/after" || { failed "$2: the folder has changed"; diff "$work/before" "$work/after" || true; }
}

# A file stands where the folder should be, or above it.
echo text >"$work/file"
expect 3 "$work/file" "$tool" compile "$small" -o "$work/file" --name m
expect 3 "$work/file/out" "$tool" compile "$small" -o "$work/file/out" --name m
[ "$(cat "$work/file")" = text ] || failed "the file in the way was changed"
# No such place, and a place that cannot be written.
expect 3 "/proc/no" "$tool" compile "$small" -o /proc/no/folder --name m
if [ "$(id -u)" != 0 ]; then
    mkdir "$work/locked"
    chmod 555 "$work/locked"
    expect 3 "$work/locked" "$tool" compile "$small" -o "$work/locked" --name m
    [ -z "$(ls -A "$work/locked")" ] || failed "something was written into a locked folder"
fi

# A folder stands where a file should be: nothing else may be replaced either.
"$tool" compile "$small" -o "$work/out" --name m
rm "$work/out/m.h"
mkdir "$work/out/m.h"
remember out
expect 3 "m.h" "$tool" compile "$other" -o "$work/out" --name m --force
untouched out "a folder in the way"
rm -r "$work/out"

# An edited file is kept, unless --force is given.
"$tool" compile "$small" -o "$work/out" --name m
echo "/* mine */" >>"$work/out/m.c"
remember out
expect 3 "was edited after it was generated" "$tool" compile "$small" -o "$work/out" --name m
untouched out "an edited file"
expect 3 "was edited after it was generated" "$tool" compile "$other" -o "$work/out" --name m
untouched out "an edited file and another model"
"$tool" compile "$small" -o "$work/out" --name m --force || failed "--force"
! grep -q mine "$work/out/m.c" || failed "--force left the edited file"

# A file that is not ours is never replaced without --force; one that is not in the way stays.
echo "int x;" >"$work/out/mine.c"
"$tool" compile "$other" -o "$work/out" --name m || failed "another model into the same folder"
[ -f "$work/out/mine.c" ] || failed "somebody else's file is gone"
! [ -f "$work/out/m_div.c" ] || failed "a file of the earlier model is left"
mkdir "$work/theirs"
echo "all:" >"$work/theirs/Makefile"
remember theirs
expect 3 "was not written by fusewright" "$tool" compile "$small" -o "$work/theirs" --name m
untouched theirs "a Makefile of somebody else"

# An input that is rejected leaves the folder alone, too.
remember out
expect 1 "error:" "$tool" compile "$tests/error/shape_mismatch.hlo" -o "$work/out" --name m --force
untouched out "a rejected input"
expect 6 "error:" "$tool" compile "$tests/error/unsupported_custom_call.hlo" -o "$work/out" --name m --force
untouched out "an unsupported op"
expect 5 "error:" "$tool" compile "$small" -o "$work/out" --name m --force --rules "$tests/error/rule_raise.lua"
untouched out "a rule that raises"

# Input files.
expect 3 "$work/absent.hlo" "$tool" compile "$work/absent.hlo" -o "$work/new"
expect 3 "$work" "$tool" compile "$work" -o "$work/new"
! [ -e "$work/new" ] || failed "a folder was made for an input that is not there"
if [ -c /dev/full ]; then
    status=0
    "$tool" print "$small" >/dev/full 2>"$work/stderr" || status=$?
    [ "$status" -eq 3 ] || failed "printing to a full device: exit $status"
fi
# Standard input and output.
"$tool" compile - -o "$work/piped" --name m <"$small" || failed "reading standard input"
"$tool" compile "$small" -o "$work/direct" --name m
diff -r "$work/piped" "$work/direct" || failed "standard input gives other files"
finish
