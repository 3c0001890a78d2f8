#!/bin/sh
# Every example in README.md that names its file is in that file, line by line: white space at the ends apart.
. "$(dirname "$0")/lib.sh"
cd "$root"
awk '
    function check(   line, i, n, at, all) {
        n = 0
        while ((getline line < file) > 0) { gsub(/^[ \t]+|[ \t]+$/, "", line); all[++n] = line }
        if (n == 0) { print "FAILED: README.md names " file ", which is not there"; bad = 1; return }
        close(file)
        for (at = 1; at + count - 1 <= n; at++) {
            for (i = 1; i <= count && all[at + i - 1] == text[i]; i++);
            if (i > count) return
        }
        print "FAILED: README.md shows lines that are not in " file ", from: " text[1]
        bad = 1
    }
    /^<!-- from: / { if (file) check(); file = $3; count = 0; next }
    file && /^    / { line = $0; gsub(/^[ \t]+|[ \t]+$/, "", line); text[++count] = line; next }
    file { check(); file = "" }
    END { exit bad }' README.md || failed "README.md is out of date"
for link in $(grep -oE '\]\([A-Za-z/._-]+\)' README.md ARCHITECTURE.md CONTRIBUTING.md SECURITY.md | sed 's/.*](//; s/)//'); do
    [ -e "$link" ] || failed "a document points to $link, which is not there"
done
finish
