/* Decimal text to the nearest double, in every locale. */
#include "ir.h"

#include <stdio.h>
#include <stdlib.h>

/* No double needs more significant digits than this to be told from its neighbours. */
#define MOST_DIGITS 780

typedef struct decimal {
    bool negative;
    uint64_t lead; /* the first 19 significant digits */
    int ndigits;   /* significant digits seen, at most MOST_DIGITS are kept */
    int exponent;  /* power of ten of the last kept digit */
    bool lost;     /* a nonzero digit beyond MOST_DIGITS was dropped */
    char digits[MOST_DIGITS + 24];
} decimal;

static void add_digit(decimal *d, char c, bool fraction) {
    bool kept = d->ndigits < MOST_DIGITS;
    if (d->ndigits == 0 && c == '0')
        kept = true; /* a leading zero: only its place counts */
    else if (kept) {
        if (d->ndigits < 19)
            d->lead = d->lead * 10 + (uint64_t)(c - '0');
        d->digits[d->ndigits++] = c;
    } else {
        d->lost |= c != '0';
    }
    if (kept && fraction)
        d->exponent--;
    else if (!kept && !fraction)
        d->exponent++;
}

static bool scan_decimal(const char *at, const char *end, decimal *d) {
    bool fraction = false, any = false;
    if (at < end && (*at == '-' || *at == '+'))
        d->negative = *at++ == '-';
    for (; at < end; at++) {
        if (*at == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (*at < '0' || *at > '9')
            break;
        any = true;
        add_digit(d, *at, fraction);
    }
    if (!any)
        return false;
    if (at == end)
        return true;
    if (*at != 'e' && *at != 'E')
        return false;
    at++;
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end)
        return false;
    int exponent = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++)
        if (exponent < 100000000)
            exponent = exponent * 10 + (*at - '0');
    d->exponent += negative ? -exponent : exponent;
    return at == end;
}

bool ir_number_parse(const char *text, size_t length, double *value) {
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
        1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    decimal d;
    d.negative = d.lost = false;
    d.lead = 0;
    d.ndigits = d.exponent = 0;
    if (!scan_decimal(text, text + length, &d))
        return false;
    double magnitude;
    if (d.ndigits <= 19 && d.lead <= UINT64_C(1) << 53 && d.exponent >= -22 && d.exponent <= 22) {
        /* Both factors are exact doubles, so one rounding gives the nearest one (Clinger's fast path). */
        magnitude = d.exponent < 0 ? (double)d.lead / powers[-d.exponent] : (double)d.lead * powers[d.exponent];
    } else if (d.ndigits == 0) {
        magnitude = 0;
    } else {
        /* Digits and exponent without a decimal point: strtod reads them alike in every locale. */
        if (d.lost)
            d.digits[d.ndigits - 1] = d.digits[d.ndigits - 1] == '9' ? '9' : (char)(d.digits[d.ndigits - 1] | 1);
        snprintf(d.digits + d.ndigits, sizeof d.digits - (size_t)d.ndigits, "e%d", d.exponent);
        magnitude = strtod(d.digits, NULL);
    }
    *value = d.negative ? -magnitude : magnitude;
    return true;
}
