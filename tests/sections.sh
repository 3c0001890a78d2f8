#!/bin/sh
# usage: sections.sh FUSEWRIGHT LIBRARY...
# No global state: .data and .bss of every object are empty. Constant tables of pointers are in .data.rel.ro, which is fine.
. "$(dirname "$0")/lib.sh"
shift
have size || skip "global state of the libraries: there is no 'size' (binutils)"
for library in "$@"; do
    size -A "$library" >"$work/sizes"
    awk -v library="$(basename "$library")" '
        / \(ex / || /:$/ { object = $1 }
        ($1 ~ /^\.t?(data|bss)$/ || $1 ~ /^\.(data|bss)\./ && $1 !~ /^\.data\.rel\.ro/) && $2 > 0 { print library ": " object ": " $1 " has " $2 " bytes"; bad = 1 }
        END { exit bad }' "$work/sizes" || failed "global state in $(basename "$library")"
done
finish
