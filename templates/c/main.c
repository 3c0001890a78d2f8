/*@banner*/ /*@end*/
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*@include*/ #include "MODEL.h" /*@end*/

enum { BAD_INPUT = 1, BAD_USAGE = 2, BAD_FILE = 3, NO_MEMORY = 4, INTERNAL_ERROR = 70 };
enum { INPUTS = /*@ninputs*/ 0 /*@end*/, OUTPUTS = /*@noutputs*/ 1 /*@end*/, MAX_RANK = /*@max_rank*/ 2 /*@end*/ };

typedef struct array_info {
    const char *name, *type; /* in the model */
    const char *descr;       /* in .npy files: as written first, then other spellings that are read */
    size_t bytes;            /* of one element */
    int rank;
    int64_t dims[MAX_RANK];
} array_info;

static const array_info inputs[INPUTS + 1] = {
    /*@inputs*/ {"", "", "", 0, 0, {0}}, /*@end*/
};
static const array_info outputs[OUTPUTS + 1] = {
    /*@outputs*/ {"out0", "f32", "<f4", 4, 2, {2, 3}}, /*@end*/
};

static _Noreturn void fail(int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("MODEL: error: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(code);
}

/* Memory aligned to 64 bytes; the caller frees it. */
static void *allocate(size_t bytes)
{
    size_t rounded = bytes / 64 * 64 + 64;
    void *memory = rounded > bytes ? aligned_alloc(64, rounded) : NULL;
    if (memory == NULL)
        fail(NO_MEMORY, "out of memory for %zu bytes", bytes);
    return memory;
}

static size_t elements(const array_info *array)
{
    size_t count = 1;
    for (int i = 0; i < array->rank; i++)
        count *= (size_t)array->dims[i];
    return count;
}

static void read_bytes(FILE *file, const char *path, void *to, size_t bytes)
{
    if (fread(to, 1, bytes, file) == bytes)
        return;
    if (ferror(file))
        fail(BAD_FILE, "cannot read '%s': %s", path, strerror(errno));
    fail(BAD_FILE, "'%s' ends before its array does", path);
}

/* True where the `descr` of a file is one of the model's spellings; byte order marks say nothing about single bytes. */
static int descr_matches(const array_info *array, const char *descr, size_t length)
{
    const char *at = array->descr;
    if (length && *descr == '>' && array->bytes > 1)
        return 0;
    if (length && strchr("<>|=", *descr))
        descr++, length--;
    while (*at) {
        size_t n;
        at += *at == '<' || *at == '|';
        n = strcspn(at, " ");
        if (n == length && memcmp(at, descr, n) == 0)
            return 1;
        at += n + (at[n] == ' ');
    }
    return 0;
}

/* True where the tuple `(2, 3)` of a file is the model's shape. */
static int shape_matches(const array_info *array, const char *tuple)
{
    char *end;
    int rank = 0;
    for (tuple++; *tuple != ')'; rank++, tuple = end + strspn(end, "L, ")) {
        long long size = strtoll(tuple, &end, 10);
        if (end == tuple || rank == array->rank || size != array->dims[rank])
            return 0;
    }
    return rank == array->rank;
}

/* Prints the model's shape as Python writes tuples. */
static int shape_text(const array_info *array, char *text, size_t size)
{
    int n = snprintf(text, size, "(");
    for (int i = 0; i < array->rank; i++)
        n += snprintf(text + n, size - (size_t)n, "%lld%s", (long long)array->dims[i],
            array->rank == 1 ? "," : i + 1 < array->rank ? ", " : "");
    return n + snprintf(text + n, size - (size_t)n, ")");
}

/* The header of a .npy file, version 1.0 to 3.0, as a string to be freed. */
static char *read_header(FILE *file, const char *path)
{
    unsigned char start[12] = {0};
    size_t length = 0, width;
    char *header;
    if (fread(start, 1, 8, file) != 8 || memcmp(start, "\x93NUMPY", 6) != 0 || start[6] < 1 || start[6] > 3)
        fail(BAD_FILE, "'%s' is no .npy file of version 1.0 to 3.0", path);
    width = start[6] == 1 ? 2 : 4;
    read_bytes(file, path, start + 8, width);
    for (size_t i = width; i > 0; i--)
        length = length << 8 | start[7 + i];
    header = length < 1u << 20 ? malloc(length + 1) : NULL;
    if (header == NULL)
        fail(BAD_FILE, "'%s' has a header of %zu bytes", path, length);
    read_bytes(file, path, header, length);
    header[length] = 0;
    return header;
}

/* The value of a key in the header, or an end of string. */
static const char *header_value(const char *header, const char *key)
{
    const char *at = strstr(header, key);
    return at == NULL ? "" : at + strlen(key) + strspn(at + strlen(key), ": ");
}

/* From the first index running fastest to the last. */
static void reorder(const array_info *array, const char *from, char *to)
{
    size_t count = elements(array);
    for (size_t i = 0; i < count; i++) {
        size_t rest = i, stride = count, at = 0;
        for (int d = array->rank - 1; d >= 0; d--) {
            size_t size = (size_t)array->dims[d];
            stride /= size;
            at += rest % size * stride;
            rest /= size;
        }
        memcpy(to + i * array->bytes, from + at * array->bytes, array->bytes);
    }
}

/*@tidy*/
/* Any byte but 0 is true, and narrow types use the low bits of a byte: whatever else the file has there goes. */
static void tidy(const array_info *array, unsigned char *data)
{
    size_t count = array->bytes == 1 ? elements(array) : 0;
    int is_pred = strcmp(array->type, "pred") == 0, bits = atoi(array->type + 1);
    for (size_t i = 0; i < count; i++) {
        if (is_pred)
            data[i] = data[i] != 0;
        else if (array->type[0] == 's' && (data[i] >> (bits - 1) & 1))
            data[i] = (unsigned char)(data[i] | 0xff << bits);
        else
            data[i] = (unsigned char)(data[i] & ((1 << bits) - 1));
    }
}
/*@end*/

/* Reads input number `number`, whatever order its file has it in. */
static void *read_array(const char *path, int number)
{
    const array_info *array = &inputs[number];
    size_t bytes = elements(array) * array->bytes;
    void *data = allocate(bytes);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail(BAD_FILE, "cannot read '%s' for input %d '%s': %s", path, number, array->name, strerror(errno));
    char *header = read_header(file, path);
    const char *descr = header_value(header, "'descr'"), *shape = header_value(header, "'shape'");
    size_t descr_length = strcspn(descr + (*descr == '\''), "'");
    size_t shape_length = strcspn(shape, ")");
    if (*descr != '\'' || *shape != '(' || shape[shape_length] != ')')
        fail(BAD_INPUT, "input %d '%s': '%s' holds no plain array", number, array->name, path);
    if (!descr_matches(array, descr + 1, descr_length) || !shape_matches(array, shape)) {
        char wanted[32 * MAX_RANK + 8];
        shape_text(array, wanted, sizeof wanted);
        fail(BAD_INPUT, "input %d '%s' is %s %s, but '%s' holds '%.*s' %.*s)", number, array->name, array->type,
            wanted, path, (int)descr_length, descr + 1, (int)shape_length, shape);
    }
    if (strncmp(header_value(header, "'fortran_order'"), "True", 4) == 0 && array->rank > 1 && bytes > 0) {
        char *raw = allocate(bytes);
        read_bytes(file, path, raw, bytes);
        reorder(array, raw, data);
        free(raw);
    } else {
        read_bytes(file, path, data, bytes);
    }
    /*@call_tidy*/ tidy(array, data); /*@end*/
    free(header);
    fclose(file);
    return data;
}

/* Writes an output as .npy, version 1.0; the array starts at a multiple of 64 bytes. */
static void write_array(const char *prefix, int number, const void *data)
{
    const array_info *array = &outputs[number];
    char header[64 * (MAX_RANK + 4)], shape[32 * MAX_RANK + 8];
    size_t size = strlen(prefix) + 24, bytes = elements(array) * array->bytes;
    char *path = allocate(size);
    snprintf(path, size, "%s.%d.npy", prefix, number);
    shape_text(array, shape, sizeof shape);
    int used = snprintf(header, sizeof header, "{'descr': '%.*s', 'fortran_order': False, 'shape': %s, }",
        (int)strcspn(array->descr, " "), array->descr, shape);
    int padded = (10 + used + 1 + 63) / 64 * 64 - 10;
    const unsigned char start[10] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)(padded & 255),
        (unsigned char)(padded >> 8)};
    FILE *file = fopen(path, "wb");
    int ok = file != NULL && fwrite(start, 1, 10, file) == 10 && fprintf(file, "%-*s\n", padded - 1, header) == padded &&
             fwrite(data, 1, bytes, file) == bytes;
    if (file == NULL || fclose(file) != 0 || !ok)
        fail(BAD_FILE, "cannot write '%s': %s", path, strerror(errno));
    free(path);
}

/*@weights*/
static uint32_t rotate(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

/* One block of SHA-256. */
static void hash_block(uint32_t state[8], const unsigned char *block)
{
    static const uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
        0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
        0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
        0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
        0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
        0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    };
    uint32_t w[64], s[8];
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        if (i < 16) {
            w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
        } else {
            uint32_t a = w[i - 15], b = w[i - 2];
            w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
        }
        uint32_t t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
        uint32_t t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

/* SHA-256 as 64 hexadecimal digits. */
static void hash_text(const unsigned char *data, size_t size, char text[65])
{
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    unsigned char last[128] = {0};
    size_t whole = size / 64 * 64, rest = size - whole, end = rest < 56 ? 64 : 128;
    for (size_t i = 0; i < whole; i += 64)
        hash_block(state, data + i);
    memcpy(last, data + whole, rest);
    last[rest] = 0x80;
    for (size_t i = 0; i < 8; i++)
        last[end - 1 - i] = (unsigned char)((uint64_t)size * 8 >> 8 * i);
    for (size_t i = 0; i < end; i += 64)
        hash_block(state, last + i);
    for (int i = 0; i < 8; i++)
        snprintf(text + 8 * i, 9, "%08" PRIx32, state[i]);
}

/* Reads the constants from `path`, or from MODEL.weights beside the program, and makes sure that they are the right
 * ones. */
static void *read_weights(const char *path, const char *program)
{
    const char *slash = strrchr(program, '/'), *name = "MODEL.weights";
    size_t folder = slash == NULL ? 0 : (size_t)(slash - program) + 1;
    char *beside = allocate(folder + strlen(name) + 1), hash[65];
    memcpy(beside, program, folder);
    strcpy(beside + folder, name);
    if (path == NULL)
        path = beside;
    unsigned char *data = allocate(MODEL_WEIGHTS_BYTES + 1);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail(BAD_FILE, "cannot read '%s': %s", path, strerror(errno));
    size_t size = fread(data, 1, MODEL_WEIGHTS_BYTES + 1, file);
    hash_text(data, size, hash);
    if (size != MODEL_WEIGHTS_BYTES || strcmp(hash, MODEL_WEIGHTS_SHA256) != 0)
        fail(BAD_FILE, "'%s' does not hold the weights that this program was generated with", path);
    fclose(file);
    free(beside);
    return data;
}
/*@end*/

static double milliseconds(void)
{
    struct timespec now;
#ifdef CLOCK_MONOTONIC
    clock_gettime(CLOCK_MONOTONIC, &now);
#else
    timespec_get(&now, TIME_UTC);
#endif
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static int compare_times(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/*@device*/ /*@end*/

static void run_once(const MODEL_args *args, void *workspace, const MODEL_exec *exec)
{
    int error = MODEL_run(args, workspace, exec);
    if (error != 0)
        fail(INTERNAL_ERROR, "%s", MODEL_error(error));
    /*@wait*/ /*@end*/
}

/* Prints one line about `runs` calls; the call before them has warmed the caches. */
static void time_runs(const MODEL_args *args, void *workspace, const MODEL_exec *exec, int runs)
{
    double *times = allocate((size_t)runs * sizeof *times);
    for (int i = 0; i < runs; i++) {
        double start = milliseconds();
        run_once(args, workspace, exec);
        times[i] = milliseconds() - start;
    }
    qsort(times, (size_t)runs, sizeof *times, compare_times);
    printf("median_ms=%.4f min_ms=%.4f runs=%d\n", (times[(runs - 1) / 2] + times[runs / 2]) / 2, times[0], runs);
    free(times);
}

/* A positive number, or a usage error. */
static int positive(const char *option, const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || *end != 0 || value < 1 || value > 1000000)
        fail(BAD_USAGE, "%s takes a number from 1 on, not '%s'", option, text);
    return (int)value;
}

typedef struct options {
    char **files;
    const char *program, *prefix, *weights;
    int nfiles, runs, threads;
} options;

static void set_option(options *o, const char *name, const char *value)
{
    int known = strcmp(name, "--out") == 0 || strcmp(name, "--time") == 0 || strcmp(name, "--threads") == 0 ||
                strcmp(name, "--weights") == 0;
    if (!known)
        fail(BAD_USAGE, "unknown option '%s'", name);
    if (value == NULL)
        fail(BAD_USAGE, "%s needs a value", name);
    if (strcmp(name, "--out") == 0)
        o->prefix = value;
    else if (strcmp(name, "--weights") == 0)
        o->weights = value;
    else if (strcmp(name, "--time") == 0)
        o->runs = positive(name, value);
    else
        o->threads = positive(name, value);
}

static options read_options(int argc, char **argv)
{
    options o = {.files = argv, .program = argv[0], .threads = 1}; /* file names move to the front of argv */
    int only_files = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 && !only_files) {
            puts("usage: MODEL /*@usage*/in0.npy .../*@end*/\n"
                 "           [--out PREFIX] [--time RUNS] [--threads N] [--weights FILE]");
            exit(0);
        } else if (strcmp(argv[i], "--") == 0 && !only_files) {
            only_files = 1;
        } else if (strncmp(argv[i], "--", 2) == 0 && !only_files) {
            set_option(&o, argv[i], argv[i + 1]);
            i++;
        } else if (o.nfiles >= INPUTS) {
            fail(BAD_INPUT, "'%s' is one input too many: the model has %d", argv[i], INPUTS);
        } else {
            o.files[o.nfiles++] = argv[i];
        }
    }
    if (o.threads > 1 && MODEL_MAX_THREADS == 1)
        fail(BAD_USAGE, "--threads %d: this program was generated without parallel code", o.threads);
    for (int i = 0; i < INPUTS; i++)
        if (i >= o.nfiles)
            fail(BAD_INPUT, "input %d '%s' is missing: the model has %d inputs", i, inputs[i].name, INPUTS);
    return o;
}

int main(int argc, char **argv)
{
    options o = read_options(argc, argv);
    void *in[INPUTS + 1] = {NULL}, *out[OUTPUTS + 1] = {NULL};
    for (int i = 0; i < INPUTS; i++)
        in[i] = read_array(o.files[i], i);
    for (int i = 0; i < OUTPUTS; i++)
        out[i] = allocate(elements(&outputs[i]) * outputs[i].bytes);
    MODEL_args args = {
        /*@arguments*/ .out0 = out[0], /*@end*/
    };
    /*@load_weights*/
    void *constants = read_weights(o.weights, o.program);
    args.weights = constants;
    /*@end*/
    MODEL_exec exec = {.threads = o.threads};
    /*@start*/ /*@end*/
    void *workspace = /*@workspace*/ allocate(MODEL_workspace_bytes(&args, o.threads)) /*@end*/;

    run_once(&args, workspace, &exec);
    if (o.runs > 0)
        time_runs(&args, workspace, &exec, o.runs);
    /*@results*/ /*@end*/
    for (int i = 0; i < OUTPUTS && o.prefix != NULL; i++)
        write_array(o.prefix, i, out[i]);

    for (int i = 0; i < INPUTS; i++)
        free(in[i]);
    for (int i = 0; i < OUTPUTS; i++)
        free(out[i]);
    /*@free_weights*/
    free(constants);
    /*@end*/
    /*@stop*/ free(workspace); /*@end*/
    return fflush(stdout) == 0 ? 0 : BAD_FILE;
}
