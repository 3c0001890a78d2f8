#!/bin/sh
# usage: stablehlo_corpus.sh FUSEWRIGHT STABLEHLO_CORPUS
# The public conformance programs of StableHLO: how many are read and verified, how many give the expected values in the reference
# evaluator, and how fast they are read. Each floor is what held when it was written; it may only rise.
. "$(dirname "$0")/lib.sh"
corpus=$2
floor_read=1301 floor_right=1209
archive=$shared/corpus/conformance/stablehlo/stablehlo-public.tar.gz
[ -f "$archive" ] || skip "1,194 files of StableHLO's conformance programs: ../shared is not there"
tar xzf "$archive" -C "$work"
find "$work" -name '*.mlir' | sort >"$work/files"
[ "$(wc -l <"$work/files")" -eq 1194 ] || failed "the archive holds $(wc -l <"$work/files") files"
xargs -n 2000 "$corpus" --run <"$work/files" >"$work/log" || failed "the reader did not end well"
summary=$(tail -n 1 "$work/log")
echo "$summary"
read=$(echo "$summary" | sed -nE 's/.* ([0-9]+) read.*/\1/p')
right=$(echo "$summary" | sed -nE 's/.*; ([0-9]+) of .*/\1/p')
rate=$(echo "$summary" | sed -nE 's/.* ([0-9.]+) MB.*/\1/p')
[ "${read:-0}" -ge "$floor_read" ] || { failed "fewer than $floor_read programs are read"; grep 'not read' "$work/log" | head -n 20; }
[ "${right:-0}" -ge "$floor_right" ] || { failed "fewer than $floor_right programs are right"; grep -v 'not read' "$work/log" | head -n 20; }
echo "${rate:-0}" | awk '{ exit $1 < 50 }' || failed "slower than 50 MB a second"
echo "not read, by reason:"
sed -nE "s/.*not read: error: //p" "$work/log" | sort | uniq -c | sort -rn | head -n 12
finish
