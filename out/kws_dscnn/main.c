/* main.c: runs kws_dscnn on .npy files.
 * Written by fusewright 0.1.0. SPDX-License-Identifier: 0BSD */
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

#include "kws_dscnn.h"

enum { BAD_INPUT = 1, BAD_USAGE = 2, BAD_FILE = 3, NO_MEMORY = 4, INTERNAL_ERROR = 70 };
enum { INPUTS = 48, OUTPUTS = 1, MAX_RANK = 4 };

typedef struct array_info {
    const char *name, *type; /* in the model */
    const char *descr;       /* in .npy files: as written first, then other spellings that are read */
    size_t bytes;            /* of one element */
    int rank;
    int64_t dims[MAX_RANK];
} array_info;

static const array_info inputs[INPUTS + 1] = {
    {"x", "f32", "<f4 V4", 4, 4, {1, 49, 10, 1}},
    {"p_0", "f32", "<f4 V4", 4, 4, {10, 4, 1, 64}},
    {"p_1", "f32", "<f4 V4", 4, 1, {64}},
    {"p_2", "f32", "<f4 V4", 4, 1, {64}},
    {"p_3", "f32", "<f4 V4", 4, 1, {64}},
    {"p_4", "f32", "<f4 V4", 4, 1, {64}},
    {"p_5", "f32", "<f4 V4", 4, 4, {3, 3, 1, 64}},
    {"p_6", "f32", "<f4 V4", 4, 1, {64}},
    {"p_7", "f32", "<f4 V4", 4, 1, {64}},
    {"p_8", "f32", "<f4 V4", 4, 1, {64}},
    {"p_9", "f32", "<f4 V4", 4, 1, {64}},
    {"p_10", "f32", "<f4 V4", 4, 4, {1, 1, 64, 64}},
    {"p_11", "f32", "<f4 V4", 4, 1, {64}},
    {"p_12", "f32", "<f4 V4", 4, 1, {64}},
    {"p_13", "f32", "<f4 V4", 4, 1, {64}},
    {"p_14", "f32", "<f4 V4", 4, 1, {64}},
    {"p_15", "f32", "<f4 V4", 4, 4, {3, 3, 1, 64}},
    {"p_16", "f32", "<f4 V4", 4, 1, {64}},
    {"p_17", "f32", "<f4 V4", 4, 1, {64}},
    {"p_18", "f32", "<f4 V4", 4, 1, {64}},
    {"p_19", "f32", "<f4 V4", 4, 1, {64}},
    {"p_20", "f32", "<f4 V4", 4, 4, {1, 1, 64, 64}},
    {"p_21", "f32", "<f4 V4", 4, 1, {64}},
    {"p_22", "f32", "<f4 V4", 4, 1, {64}},
    {"p_23", "f32", "<f4 V4", 4, 1, {64}},
    {"p_24", "f32", "<f4 V4", 4, 1, {64}},
    {"p_25", "f32", "<f4 V4", 4, 4, {3, 3, 1, 64}},
    {"p_26", "f32", "<f4 V4", 4, 1, {64}},
    {"p_27", "f32", "<f4 V4", 4, 1, {64}},
    {"p_28", "f32", "<f4 V4", 4, 1, {64}},
    {"p_29", "f32", "<f4 V4", 4, 1, {64}},
    {"p_30", "f32", "<f4 V4", 4, 4, {1, 1, 64, 64}},
    {"p_31", "f32", "<f4 V4", 4, 1, {64}},
    {"p_32", "f32", "<f4 V4", 4, 1, {64}},
    {"p_33", "f32", "<f4 V4", 4, 1, {64}},
    {"p_34", "f32", "<f4 V4", 4, 1, {64}},
    {"p_35", "f32", "<f4 V4", 4, 4, {3, 3, 1, 64}},
    {"p_36", "f32", "<f4 V4", 4, 1, {64}},
    {"p_37", "f32", "<f4 V4", 4, 1, {64}},
    {"p_38", "f32", "<f4 V4", 4, 1, {64}},
    {"p_39", "f32", "<f4 V4", 4, 1, {64}},
    {"p_40", "f32", "<f4 V4", 4, 4, {1, 1, 64, 64}},
    {"p_41", "f32", "<f4 V4", 4, 1, {64}},
    {"p_42", "f32", "<f4 V4", 4, 1, {64}},
    {"p_43", "f32", "<f4 V4", 4, 1, {64}},
    {"p_44", "f32", "<f4 V4", 4, 1, {64}},
    {"p_45", "f32", "<f4 V4", 4, 2, {64, 12}},
    {"p_46", "f32", "<f4 V4", 4, 1, {12}},
};
static const array_info outputs[OUTPUTS + 1] = {
    {"out0", "f32", "<f4 V4", 4, 2, {1, 12}},
};

static _Noreturn void fail(int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("kws_dscnn: error: ", stderr);
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

static void run_once(const kws_dscnn_args *args, void *workspace, const kws_dscnn_exec *exec)
{
    int error = kws_dscnn_run(args, workspace, exec);
    if (error != 0)
        fail(INTERNAL_ERROR, "%s", kws_dscnn_error(error));
}

/* Prints one line about `runs` calls; the call before them has warmed the caches. */
static void time_runs(const kws_dscnn_args *args, void *workspace, const kws_dscnn_exec *exec, int runs)
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
            puts("usage: kws_dscnn x.npy p_0.npy p_1.npy p_2.npy ...\n"
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
    if (o.threads > 1 && kws_dscnn_MAX_THREADS == 1)
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
    kws_dscnn_args args = {
        .x = in[0],
        .p_0 = in[1],
        .p_1 = in[2],
        .p_2 = in[3],
        .p_3 = in[4],
        .p_4 = in[5],
        .p_5 = in[6],
        .p_6 = in[7],
        .p_7 = in[8],
        .p_8 = in[9],
        .p_9 = in[10],
        .p_10 = in[11],
        .p_11 = in[12],
        .p_12 = in[13],
        .p_13 = in[14],
        .p_14 = in[15],
        .p_15 = in[16],
        .p_16 = in[17],
        .p_17 = in[18],
        .p_18 = in[19],
        .p_19 = in[20],
        .p_20 = in[21],
        .p_21 = in[22],
        .p_22 = in[23],
        .p_23 = in[24],
        .p_24 = in[25],
        .p_25 = in[26],
        .p_26 = in[27],
        .p_27 = in[28],
        .p_28 = in[29],
        .p_29 = in[30],
        .p_30 = in[31],
        .p_31 = in[32],
        .p_32 = in[33],
        .p_33 = in[34],
        .p_34 = in[35],
        .p_35 = in[36],
        .p_36 = in[37],
        .p_37 = in[38],
        .p_38 = in[39],
        .p_39 = in[40],
        .p_40 = in[41],
        .p_41 = in[42],
        .p_42 = in[43],
        .p_43 = in[44],
        .p_44 = in[45],
        .p_45 = in[46],
        .p_46 = in[47],
        .out0 = out[0],
    };
    kws_dscnn_exec exec = {.threads = o.threads};
    void *workspace = allocate(kws_dscnn_workspace_bytes(&args, o.threads));

    run_once(&args, workspace, &exec);
    if (o.runs > 0)
        time_runs(&args, workspace, &exec, o.runs);
    for (int i = 0; i < OUTPUTS && o.prefix != NULL; i++)
        write_array(o.prefix, i, out[i]);

    for (int i = 0; i < INPUTS; i++)
        free(in[i]);
    for (int i = 0; i < OUTPUTS; i++)
        free(out[i]);
    free(workspace);
    return fflush(stdout) == 0 ? 0 : BAD_FILE;
}
