/* show_scores OURS.npy RECORDED.npy [TOLERANCE]: two float32 arrays of the same size side by side, and how far they are apart. Ends
 * with 7 where the largest difference is over TOLERANCE (2e-5) of the largest magnitude, or a value is not finite. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct array {
    float values[4096];
    size_t count;
} array;

/* Little-endian .npy of version 1.0, as the programs of fusewright and numpy write it. */
static int read_npy(const char *path, array *out)
{
    unsigned char start[10];
    char header[1024];
    FILE *file = fopen(path, "rb");
    if (!file || fread(start, 1, 10, file) != 10 || memcmp(start, "\x93NUMPY\1", 7) != 0) {
        fprintf(stderr, "show_scores: '%s' is no .npy file of version 1.0\n", path);
        return 0;
    }
    size_t length = start[8] + 256u * start[9];
    int ok = length < sizeof header && fread(header, 1, length, file) == length;
    header[ok ? length : 0] = 0;
    ok = ok && strstr(header, "'<f4'") != NULL;
    if (ok)
        out->count = fread(out->values, sizeof *out->values, sizeof out->values / sizeof *out->values, file);
    else
        fprintf(stderr, "show_scores: '%s' holds no float32 array\n", path);
    fclose(file);
    return ok;
}

int main(int argc, char **argv)
{
    static array ours, recorded;
    double tolerance = argc > 3 ? strtod(argv[3], NULL) : 2e-5, apart = 0, largest = 0;
    int finite = 1;
    if (argc < 3) {
        fputs("usage: show_scores OURS.npy RECORDED.npy [TOLERANCE]\n", stderr);
        return 2;
    }
    if (!read_npy(argv[1], &ours) || !read_npy(argv[2], &recorded))
        return 3;
    if (ours.count != recorded.count || ours.count == 0) {
        fprintf(stderr, "show_scores: %zu values and %zu values\n", ours.count, recorded.count);
        return 7;
    }
    puts("class   this program   JAX            difference");
    for (size_t i = 0; i < ours.count; i++) {
        double a = (double)ours.values[i], b = (double)recorded.values[i];
        finite = finite && isfinite(a);
        apart = fmax(apart, fabs(a - b));
        largest = fmax(largest, fabs(b));
        printf("%5zu   %-12.9f   %-12.9f   %9.1e\n", i, a, b, a - b);
    }
    int good = finite && apart <= tolerance * largest;
    printf("largest difference %.1e of the largest score, %s the %.0e that is allowed\n", largest > 0 ? apart / largest : apart,
        good ? "within" : "OVER", tolerance);
    return good ? 0 : 7;
}
