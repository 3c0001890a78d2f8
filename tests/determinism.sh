#!/bin/sh
# The same bytes twice: into another folder, from another working folder, by another path to the input, under a locale whose decimal
# point is a comma, in another time zone, and over files of an earlier run.
. "$(dirname "$0")/lib.sh"
tool=$1
locale=$(locale -a 2>/dev/null | grep -iE '^(de|fr|es|it|ru|pl)_.*utf-?8$' | head -n 1 || true)
if [ -z "$locale" ] && have localedef; then
    mkdir "$work/locale"
    localedef -i de_DE -f UTF-8 "$work/locale/de_DE.UTF-8" >/dev/null 2>&1 && locale=de_DE.UTF-8 LOCPATH=$work/locale
fi
[ -n "$locale" ] || echo "(no locale with a decimal comma is installed; that part was left out)"
for file in "$tests"/models/*.hlo "$tests"/models/*/*.hlo "$tests"/kernel/*.hlo; do
    name=$(basename "$file" .hlo)
    "$tool" compile "$file" -o "$work/one" --name "$name" --with-main >"$work/log" 2>&1 || { failed "$name"; head -n 3 "$work/log"; continue; }
    (
        cd "$(dirname "$file")"
        [ -z "$locale" ] || export LC_ALL="$locale"
        [ -z "${LOCPATH:-}" ] || export LOCPATH
        TZ=Asia/Kolkata HOME=/nowhere "$tool" compile "./$name.hlo" -o "$work/a/longer/path/two" --name "$name" --with-main
    ) >"$work/log" 2>&1 || { failed "$name the second time"; head -n 3 "$work/log"; }
    diff -r "$work/one" "$work/a/longer/path/two" >"$work/diff" || { failed "$name: other bytes"; head -n 20 "$work/diff"; }
    "$tool" compile "$file" -o "$work/one" --name "$name" --with-main >"$work/log" 2>&1 || { failed "$name over its own files"; head -n 3 "$work/log"; }
    diff -r "$work/one" "$work/a/longer/path/two" >/dev/null || failed "$name: other bytes over its own files"
    rm -rf "$work/one" "$work/a"
done
finish
