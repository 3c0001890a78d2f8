/* npy_close ACTUAL EXPECTED [TOLERANCE]: compares ACTUAL.0.npy, ACTUAL.1.npy, ... with EXPECTED.0.npy and so on, as many as there
 * are. Floats may be apart by TOLERANCE (1e-5) times the largest element, but at least by 4 units in the last place; everything
 * else must be equal. A program by itself, so that it can be built on a machine that has nothing else of fusewright. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct array { char header[512]; unsigned char *data; size_t bytes; } array;

static int read_array(const char *prefix, int number, array *a)
{
    char path[1000];
    unsigned char start[10];
    snprintf(path, sizeof path, "%s.%d.npy", prefix, number);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    if (fread(start, 1, 10, file) != 10 || fseek(file, 0, SEEK_END) != 0)
        exit(3);
    size_t length = (size_t)(start[8] | start[9] << 8), size = (size_t)ftell(file);
    if (start[6] != 1 || length >= sizeof a->header || size < 10 + length)
        exit(3);
    fseek(file, 10, SEEK_SET);
    a->bytes = size - 10 - length;
    a->data = malloc(a->bytes + 1);
    if (fread(a->header, 1, length, file) != length || fread(a->data, 1, a->bytes, file) != a->bytes)
        exit(3);
    a->header[length] = 0;
    fclose(file);
    return 1;
}

/* The header up to the white space that fills it. */
static int same_header(const array *a, const array *b)
{
    size_t n = strcspn(a->header, "}"), m = strcspn(b->header, "}");
    return n == m && memcmp(a->header, b->header, n) == 0;
}

/* Bytes of a float element, 0 for types that must be equal. bf16 is written as <V2. */
static size_t float_bytes(const array *a)
{
    return strstr(a->header, "'<f4'") ? 4 : strstr(a->header, "'<f8'") ? 8 : strstr(a->header, "'<V2'") ? 2 : 0;
}

static double element(const array *a, size_t i, size_t bytes)
{
    double d;
    float f;
    if (bytes == 8) {
        memcpy(&d, a->data + 8 * i, 8);
        return d;
    }
    uint32_t bits = bytes == 2 ? (uint32_t)(a->data[2 * i] | a->data[2 * i + 1] << 8) << 16 : 0;
    memcpy(&f, bytes == 2 ? (const void *)&bits : a->data + 4 * i, 4);
    return f;
}

static int close_floats(const array *a, const array *b, size_t bytes, double tolerance, int number)
{
    double most = 0, apart = 0, unit = bytes == 8 ? 0x1p-50 : bytes == 4 ? 0x1p-21 : 0x1p-5;
    size_t different = 0;
    for (size_t i = 0; i < b->bytes / bytes; i++)
        most = fabs(element(b, i, bytes)) > most && !isinf(element(b, i, bytes)) ? fabs(element(b, i, bytes)) : most;
    for (size_t i = 0; i < b->bytes / bytes; i++) {
        double x = element(a, i, bytes), y = element(b, i, bytes);
        if (x == y || (isnan(x) && isnan(y)))
            continue;
        double d = fabs(x - y);
        if (!(d <= tolerance * most) && !(d <= unit * fabs(y)))
            different++;
        apart = !(d <= apart) ? d : apart;
    }
    if (different)
        printf("output %d: %zu elements differ, by up to %g; the largest is %g\n", number, different, apart, most);
    return different == 0;
}

int main(int argc, char **argv)
{
    int ok = argc >= 3, count = 0;
    double tolerance = argc > 3 ? strtod(argv[3], NULL) : 1e-5;
    for (; ok && argc >= 3; count++) {
        array a, b;
        if (!read_array(argv[2], count, &b))
            break;
        if (!read_array(argv[1], count, &a) || a.bytes != b.bytes || !same_header(&a, &b)) {
            printf("output %d is missing or has another shape\n", count);
            ok = 0;
            break;
        }
        size_t bytes = float_bytes(&b);
        int close = bytes ? close_floats(&a, &b, bytes, tolerance, count) : memcmp(a.data, b.data, b.bytes) == 0;
        if (!close && !bytes)
            printf("output %d: elements differ\n", count);
        ok = ok && close;
        free(a.data);
        free(b.data);
    }
    return ok && count > 0 ? 0 : 7;
}
