#!/bin/sh
# usage: stablehlo_print.sh FUSEWRIGHT [--accept]
# `print --format stablehlo` and `--format html` against tests/print, byte for byte; --accept writes these anew. What StableHLO cannot
# say is reported at once, and every link of a page leads somewhere. stablehlo_run.sh holds the values.
. "$(dirname "$0")/lib.sh"
tool=$1 accept=${2:-}

# same TEXT: what was printed is what tests/print holds under the same name. Nothing accepts the silence of a tool that failed.
same() {
    [ -s "$1" ] || { failed "${1##*/}: nothing was printed"; return; }
    if [ "$accept" = --accept ]; then
        cp "$1" "$tests/print/${1##*/}"
    else
        diff "$tests/print/${1##*/}" "$1" >"$work/diff" || {
            failed "${1##*/} is not what tests/print holds; './fw accept' writes it anew"
            head -n 20 "$work/diff"
        }
    fi
}

cd "$root"
for file in while_swap convolution_same gather_embedding conditional reduce_window_average; do
    "$tool" print "tests/kernel/$file.hlo" --format stablehlo >"$work/$file.mlir" || failed "$file: --format stablehlo"
    same "$work/$file.mlir"
done
"$tool" print tests/print/forms.hlo --format stablehlo >"$work/forms.mlir" || failed "forms: --format stablehlo"
same "$work/forms.mlir"
"$tool" print tests/print/forms.hlo --format html >"$work/forms.html" || failed "forms: --format html"
same "$work/forms.html"

status=0
"$tool" print tests/print/refused.hlo --format stablehlo >"$work/stdout" 2>"$work/refused.txt" || status=$?
[ "$status" -eq 6 ] || failed "exit $status, not 6, for what StableHLO cannot say"
[ ! -s "$work/stdout" ] || failed "a part of a module that StableHLO cannot say was printed"
same "$work/refused.txt"

for page in tests/print/forms.hlo tests/models/kws_dscnn/kws_dscnn.hlo; do
    "$tool" print "$page" --format html >"$work/page.html" || failed "$page: --format html"
    grep -o 'href="#[^"]*"' "$work/page.html" | sed 's/href="#//' | sort -u >"$work/links"
    grep -o 'id="[^"]*"' "$work/page.html" | sed 's/id="//' | sort -u >"$work/targets"
    [ -s "$work/links" ] || failed "$page: a page without links"
    [ -z "$(comm -23 "$work/links" "$work/targets")" ] || failed "$page: links that lead nowhere"
    ! grep -qE '<script|https?://' "$work/page.html" || failed "$page: a page that needs more than itself"
done
finish
