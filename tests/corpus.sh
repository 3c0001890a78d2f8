#!/bin/sh
# usage: corpus.sh FUSEWRIGHT ROUNDTRIP EVALUATE
# 54 real graphs: each is read, verified and printed, the print reads back to itself, at 50 MB of text a second or faster.
. "$(dirname "$0")/lib.sh"
roundtrip=$2 evaluate=$3
archive=$shared/corpus/xla-benchmarks/xla-benchmarks.tar.gz
[ -f "$archive" ] || skip "54 graphs of XLA's benchmarks: ../shared is not there"
tar xzf "$archive" -C "$work"
find "$work" -name '*.hlo' | sort >"$work/files"
[ "$(wc -l <"$work/files")" -eq 54 ] || failed "the archive holds $(wc -l <"$work/files") graphs"
xargs "$roundtrip" <"$work/files" >"$work/log" 2>&1 || { failed "round trip"; head -n 20 "$work/log"; }
rate=$(tail -n 1 "$work/log")
echo "$rate"
xargs "$evaluate" --verify <"$work/files" >"$work/log" 2>&1 || { failed "verifier"; grep -v ': ok,' "$work/log" | head -n 20; }
echo "$rate" | awk '{ exit $(NF - 1) < 50 }' || failed "slower than 50 MB a second"
finish
