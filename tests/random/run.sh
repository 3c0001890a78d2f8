#!/bin/sh
# usage: run.sh RANDOM_CHECK FROM COUNT [KEEP]
# COUNT random modules from seed FROM in every mode, two processes at a time; modules that fail are kept in KEEP. See README.md.
set -eu
program=$1 from=$2 count=$3 keep=${4:-/tmp/fw-random-failures}
san='gcc -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all'
most='gcc -O3 -march=native'
share=$(((count + 3) / 4))
runs="default:gcc -O1:$count
chaos:gcc -O1:$count
strict:gcc -O1:$share
bits:$most:$share
default:$most:$share
chaos:$most:$share
default:$san:$share
chaos:$san:$share"
if command -v clang >/dev/null 2>&1; then
    runs="$runs
default:clang -O3 -march=native:$share
chaos:clang -O1:$share"
fi
echo "$runs" | xargs -P 2 -I '{}' sh -c '
    mode=${5%%:*} rest=${5#*:}
    log=$(mktemp)
    "$1" --mode "$mode" --cc "${rest%:*}" --keep "$4" "$2" "${rest##*:}" >"$log" 2>&1 || echo "--- $5" >>"$log"
    sed "s/^/$mode: /" "$log"
    rm -f "$log"' run "$program" "$from" "$count" "$keep" '{}' | tee "/tmp/fw-random-$$.log"
! grep -q FAILED "/tmp/fw-random-$$.log" || { rm -f "/tmp/fw-random-$$.log"; exit 1; }
rm -f "/tmp/fw-random-$$.log"
