#!/bin/sh
# usage: emulator.sh FUSEWRIGHT
# The emulator finds planted faults, whatever the compiler generates.
. "$(dirname "$0")/../lib.sh"
tool=$1
. "$tests/lib.sh"
# fault number, how it shows: wrong results (7) or a report (99), and in which orders at least
try() {
    g++ $emulator_flags -x c++ -include "$work/emulator/fw_emu.h" "-DFAULT=$1" "$cuda/emulator.cu" -o "$work/fault" \
        >"$work/log" 2>&1 || { failed "fault $1 does not build"; head -n 5 "$work/log"; return; }
    found=0
    for order in $orders; do
        status=0
        FW_EMU_ORDER=$order "$work/fault" 2>"$work/log" || status=$?
        [ "$status" -eq "$2" ] && found=$((found + 1))
        [ "$1" -ne 0 ] || [ "$status" -eq 0 ] || { failed "a right kernel ends with $status in order $order"; cat "$work/log"; }
    done
    [ "$found" -ge "$3" ] || failed "fault $1 was found in $found of 3 orders, not in $3"
}
try 0 0 3
try 1 7 3
try 2 99 3
try 3 99 3
try 4 99 3
try 5 7 3
try 6 99 3
try 7 99 3
try 8 99 3
try 9 99 3
try 10 7 1
finish
