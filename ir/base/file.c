/* The only code that opens files. A set of files is written completely or not at all: every text goes to a temporary
 * name in the target folder first, then old files step aside, new ones take their names, and only when all of that has
 * worked are the old ones deleted. Any failure walks the same steps back. */
#include "base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const fw_loc nowhere = {NULL, 0, 0};

static void file_error(fw_diag *diag, const char *verb, const char *path, int error) {
    char reason[256];
    if (strerror_r(error, reason, sizeof reason) != 0)
        snprintf(reason, sizeof reason, "error %d", error);
    fw_error(diag, FW_FILE, nowhere, "cannot %s '%s': %s", verb, path, reason);
}

/* Reads to the end of the file; the size that the system tells is only a first guess. */
static bool read_all(fw_arena *arena, int fd, size_t guess, char **text, size_t *size) {
    size_t cap = guess + 1, used = 0;
    char *data = fw_alloc(arena, cap);
    for (;;) {
        if (used + 1 == cap) { /* full: ask for one byte beside the buffer before doubling it */
            char probe;
            ssize_t n = read(fd, &probe, 1);
            if (n == 0)
                break;
            if (n < 0 && errno == EINTR)
                continue;
            if (n < 0)
                return false;
            data = fw_grow(arena, data, cap, 2 * cap + 4096);
            cap = 2 * cap + 4096;
            data[used++] = probe;
            continue;
        }
        ssize_t n = read(fd, data + used, cap - used - 1);
        if (n == 0)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        used += (size_t)n;
    }
    data[used] = 0;
    *text = data;
    *size = used;
    return true;
}

fw_source *fw_file_read(fw_arena *arena, fw_diag *diag, const char *path) {
    bool is_stdin = !strcmp(path, "-");
    const char *name = is_stdin ? "<stdin>" : path;
    int fd = is_stdin ? 0 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        file_error(diag, "read", name, errno);
        return NULL;
    }
    struct stat st;
    size_t guess = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size : 0;
    char *text = NULL;
    size_t size = 0;
    bool ok = read_all(arena, fd, guess, &text, &size);
    int error = errno;
    if (!is_stdin)
        close(fd);
    if (!ok) {
        file_error(diag, "read", name, error);
        return NULL;
    }
    fw_source *source = fw_alloc(arena, sizeof *source);
    *source = (fw_source){fw_strdup(arena, name), text, size};
    return source;
}

bool fw_file_exists(const char *path) {
    struct stat st;
    return stat(path, &st) == 0;
}

static bool write_bytes(int fd, const void *data, size_t size) {
    const char *at = data;
    while (size) {
        ssize_t n = write(fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

/* Writes a file that must not exist yet. On failure it is gone again and errno says why. */
static bool write_new(const char *path, const void *data, size_t size) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return false;
    bool ok = write_bytes(fd, data, size);
    int error = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        error = errno;
    }
    if (!ok)
        unlink(path);
    errno = error;
    return ok;
}

/* A name beside `name` that no other run of the tool uses. */
static char *beside(fw_arena *arena, const char *folder, const char *name, const char *suffix) {
    return fw_format(arena, "%s/.%s.%ld.%s", folder, name, (long)getpid(), suffix);
}

/* One file on its way: temporary name, final name, and where the old file waits while the outcome is open. */
typedef struct step {
    const char *final, *fresh, *old; /* fresh NULL: the file is only to be deleted */
    const void *data;
    size_t size;
    bool written, moved_aside, placed;
} step;

/* Makes the folder and its missing parents; appends the folders made to `made`. */
static bool make_folders(fw_arena *arena, const char *folder, const char ***made, int *nmade) {
    int cap = 0;
    char *path = fw_strdup(arena, folder);
    for (char *at = path + (*path == '/');; at++) {
        if (*at != '/' && *at)
            continue;
        char cut = *at;
        *at = 0;
        struct stat st;
        if (*path && stat(path, &st) != 0) {
            if (mkdir(path, 0777) != 0)
                return false;
            FW_PUSH(arena, *made, *nmade, cap, fw_strdup(arena, path));
        } else if (*path && !S_ISDIR(st.st_mode)) {
            errno = ENOTDIR;
            return false;
        }
        if (!cut)
            return true;
        *at = cut;
    }
}

static bool move_aside(step *s) {
    struct stat st;
    if (lstat(s->final, &st) != 0)
        return errno == ENOENT;
    if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : EEXIST;
        return false;
    }
    s->moved_aside = rename(s->final, s->old) == 0;
    return s->moved_aside;
}

static bool place(step *s) {
    if (!move_aside(s))
        return false;
    if (!s->fresh)
        return true;
    s->placed = rename(s->fresh, s->final) == 0;
    return s->placed;
}

static void undo(step *s) {
    if (s->placed)
        unlink(s->final);
    else if (s->written)
        unlink(s->fresh);
    if (s->moved_aside)
        rename(s->old, s->final);
}

/* Runs all steps; false after an error was reported and every step was undone. */
static bool run_steps(fw_diag *diag, step *steps, int count) {
    bool ok = true;
    for (int i = 0; i < count && ok; i++) {
        if (!steps[i].fresh)
            continue;
        steps[i].written = ok = write_new(steps[i].fresh, steps[i].data, steps[i].size);
        if (!ok)
            file_error(diag, "write", steps[i].final, errno);
    }
    for (int i = 0; i < count && ok; i++) {
        ok = place(&steps[i]);
        if (!ok)
            file_error(diag, steps[i].fresh ? "write" : "remove", steps[i].final, errno);
    }
    for (int i = count - 1; i >= 0; i--) {
        if (!ok)
            undo(&steps[i]);
        else if (steps[i].moved_aside)
            unlink(steps[i].old);
    }
    return ok;
}

static bool is_among(const char *name, const fw_named_text *files, int count) {
    for (int i = 0; i < count; i++)
        if (!strcmp(files[i].name, name))
            return true;
    return false;
}

bool fw_files_write(
    fw_diag *diag, const char *folder, const fw_named_text *files, int count, const char *const *remove, int nremove) {
    fw_arena *arena = fw_arena_new();
    const char **made = NULL;
    int nmade = 0, nsteps = 0;
    bool ok = make_folders(arena, folder, &made, &nmade);
    if (!ok)
        file_error(diag, "make folder", folder, errno);
    step *steps = fw_alloc_array(arena, (size_t)count + (size_t)nremove, sizeof *steps);
    for (int i = 0; i < count; i++)
        steps[nsteps++] = (step){.final = fw_format(arena, "%s/%s", folder, files[i].name),
            .fresh = beside(arena, folder, files[i].name, "new"),
            .old = beside(arena, folder, files[i].name, "old"),
            .data = files[i].data,
            .size = files[i].size};
    for (int i = 0; i < nremove; i++)
        if (!is_among(remove[i], files, count))
            steps[nsteps++] = (step){
                .final = fw_format(arena, "%s/%s", folder, remove[i]), .old = beside(arena, folder, remove[i], "old")};
    ok = ok && run_steps(diag, steps, nsteps);
    for (int i = nmade - 1; i >= 0 && !ok; i--)
        rmdir(made[i]);
    fw_arena_free(arena);
    return ok;
}

/* Devices and pipes keep no old content that a failed write could spoil, and must not be renamed away. */
static bool write_in_place(fw_diag *diag, const char *path, const void *data, size_t size) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write_bytes(fd, data, size);
    int error = errno;
    if (fd >= 0 && close(fd) != 0 && ok) {
        ok = false;
        error = errno;
    }
    if (!ok)
        file_error(diag, "write", path, error);
    return ok;
}

bool fw_file_write(fw_diag *diag, const char *path, const void *data, size_t size) {
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return write_in_place(diag, path, data, size);
    fw_arena *arena = fw_arena_new();
    const char *slash = strrchr(path, '/');
    const char *folder = !slash ? "." : slash == path ? "" : fw_strndup(arena, path, (size_t)(slash - path));
    const char *name = slash ? slash + 1 : path;
    step s = {.final = path,
        .fresh = beside(arena, folder, name, "new"),
        .old = beside(arena, folder, name, "old"),
        .data = data,
        .size = size};
    bool ok = run_steps(diag, &s, 1);
    fw_arena_free(arena);
    return ok;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool ends_with(const char *name, const char *suffix) {
    size_t n = strlen(name), s = strlen(suffix);
    return n >= s && !strcmp(name + n - s, suffix);
}

int fw_folder_list(fw_arena *arena, fw_diag *diag, const char *folder, const char *suffix, const char ***names) {
    DIR *dir = opendir(folder);
    if (!dir) {
        file_error(diag, "read folder", folder, errno);
        return -1;
    }
    int count = 0, cap = 0;
    *names = NULL;
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct stat st;
        if (!ends_with(entry->d_name, suffix) || stat(fw_format(arena, "%s/%s", folder, entry->d_name), &st) != 0 ||
            !S_ISREG(st.st_mode))
            continue;
        const char *name = fw_strdup(arena, entry->d_name);
        FW_PUSH(arena, *names, count, cap, name);
    }
    closedir(dir);
    if (count)
        qsort(*names, (size_t)count, sizeof **names, compare_names);
    return count;
}
