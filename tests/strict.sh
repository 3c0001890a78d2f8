#!/bin/sh
# Strict numerics: every small program agrees with the evaluator, and the bits do not depend on the rules or on the number of
# threads. 'threads.sh' says the same of the default mode for threads.
. "$(dirname "$0")/lib.sh"
tool=$1
for file in "$tests"/kernel/*.hlo; do
    "$tool" check "$file" --cc gcc --numerics strict >"$work/log" 2>&1 || {
        failed "$(basename "$file") under --numerics strict"
        tail -n 5 "$work/log"
    }
done
finish
