/* The last step: writes all files of an output, or none.
 *
 * What an earlier run wrote is known from its NAME.json. Its files are replaced or removed while they are as it left
 * them; a file that somebody has edited, or that is not ours at all, stops the run unless --force is given. */
#include "gen.h"

#include <string.h>

void gen_output_add(gen_model *model, const char *name, const void *data, size_t size)
{
    gen_output *output = model->output;
    gen_file file = {name, data ? data : "", size};
    FW_PUSH(model->arena, output->files, output->nfiles, output->cap, file);
}

/* A file as a manifest in the folder lists it. */
typedef struct listed {
    const char *name, *hash;
    bool same_model;             /* by the NAME.json that is about to be replaced */
} listed;

typedef struct earlier {
    listed *files;
    int count, cap;
    bool foreign;                /* NAME.json is somebody else's */
} earlier;

static const char *skip(const char *at, const char *set)
{
    return at + strspn(at, set);
}

/* The string value of `key` in [at, end), without escapes: file names and hashes have none. NULL when absent. */
static const char *value_of(fw_arena *arena, const char *at, const char *end, const char *key)
{
    const char *quoted = fw_format(arena, "\"%s\"", key);
    size_t n = strlen(quoted);
    for (; at + n < end; at++) {
        if (memcmp(at, quoted, n))
            continue;
        at = skip(at + n, " :\t\r\n");
        if (*at != '"')
            return NULL;
        size_t length = strcspn(at + 1, "\"\\");
        return at[1 + length] == '"' ? fw_strndup(arena, at + 1, length) : NULL;
    }
    return NULL;
}

/* A name that lies in the folder itself: manifests can be edited too, and what they list may be deleted. */
static bool is_plain_name(const char *name)
{
    return *name && *name != '.' && !strchr(name, '/') && !strchr(name, '\\');
}

/* Adds the files that a manifest lists; other JSON files list none. */
static void read_manifest(fw_arena *arena, const fw_source *source, bool same_model, earlier *old)
{
    const char *end = source->text + source->size;
    if (!strstr(source->text, "\"generator\": \"fusewright ")) {
        old->foreign = old->foreign || same_model;
        return;
    }
    const char *at = strstr(source->text, "\"files\": [");
    while (at && (at = strchr(at, '{'))) {
        const char *stop = strchr(at, '}');
        if (!stop || stop > end)
            return;
        listed file = {value_of(arena, at, stop, "name"), value_of(arena, at, stop, "sha256"), same_model};
        if (file.name && file.hash && is_plain_name(file.name))
            FW_PUSH(arena, old->files, old->count, old->cap, file);
        at = stop;
    }
}

static bool find_earlier(gen_model *model, const char *folder, earlier *old)
{
    const char *own = fw_format(model->arena, "%s.json", model->prefix), **names;
    int count = fw_folder_list(model->arena, model->diag, folder, ".json", &names);
    if (count < 0)
        return false;
    for (int i = 0; i < count; i++) {
        fw_source *source = fw_file_read(model->arena, model->diag, fw_format(model->arena, "%s/%s", folder, names[i]));
        if (!source)
            return false;
        read_manifest(model->arena, source, !strcmp(names[i], own), old);
    }
    return true;
}

static const listed *find_listed(const earlier *old, const char *name)
{
    for (int i = 0; i < old->count; i++)
        if (!strcmp(old->files[i].name, name))
            return &old->files[i];
    return NULL;
}

static bool is_written(const gen_model *model, const char *name)
{
    for (int i = 0; i < model->output->nfiles; i++)
        if (!strcmp(model->output->files[i].name, name))
            return true;
    return false;
}

/* True where the file on disk is as some manifest lists it, or as it is about to be written. A file that is not
 * there any more is nobody's work either. */
static bool is_ours(gen_model *model, const earlier *old, const char *name, const char *path, const char *fresh,
    bool *ok)
{
    if (!fw_file_exists(path))
        return true;
    fw_source *source = fw_file_read(model->arena, model->diag, path);
    char now[65];
    *ok = *ok && source;
    if (!source)
        return false;
    fw_sha256(source->text, source->size, now);
    for (int i = 0; i < old->count; i++)
        if (!strcmp(old->files[i].name, name) && !strcmp(old->files[i].hash, now))
            return true;
    return fresh && !strcmp(fresh, now);
}

static void refuse(gen_model *model, const char *path, const char *what, int *refused)
{
    fw_error(model->diag, FW_FILE, GEN_NOWHERE, "'%s' %s", path, what);
    ++*refused;
}

/* No file that somebody else wrote or changed may be replaced or removed. */
static bool may_replace(gen_model *model, const char *folder, const earlier *old)
{
    const char *edited = "was edited after it was generated";
    bool ok = true;
    int refused = 0;
    for (int i = 0; i < old->count && ok; i++) { /* what is about to go, or else is in the other loop */
        const listed *file = &old->files[i];
        const char *path = fw_format(model->arena, "%s/%s", folder, file->name);
        bool stale = file->same_model && !is_written(model, file->name);
        if (stale && !is_ours(model, old, file->name, path, NULL, &ok) && ok)
            refuse(model, path, edited, &refused);
    }
    for (int i = 0; i < model->output->nfiles && ok; i++) {
        const gen_file *file = &model->output->files[i];
        const char *path = fw_format(model->arena, "%s/%s", folder, file->name);
        char fresh[65];
        fw_sha256(file->data, file->size, fresh);
        bool manifest = i + 1 == model->output->nfiles; /* NAME.json comes last and is not listed in itself */
        if ((!manifest || old->foreign) && !is_ours(model, old, file->name, path, fresh, &ok) && ok)
            refuse(model, path, find_listed(old, file->name) ? edited : "was not written by fusewright", &refused);
    }
    if (refused)
        fw_note(model->diag, GEN_NOWHERE, "nothing was written; --force overwrites");
    return ok && !refused;
}

bool gen_output_write(gen_model *model)
{
    const char *folder = model->options->output;
    gen_output *output = model->output;
    earlier old = {0};
    if (fw_file_exists(folder) && !find_earlier(model, folder, &old))
        return false;
    if (!model->options->force && fw_file_exists(folder) && !may_replace(model, folder, &old))
        return false;
    fw_named_text *files = fw_alloc_array(model->arena, (size_t)output->nfiles + 1, sizeof *files);
    const char **stale = fw_alloc_array(model->arena, (size_t)old.count + 1, sizeof *stale);
    int nstale = 0;
    for (int i = 0; i < output->nfiles; i++)
        files[i] = (fw_named_text){output->files[i].name, output->files[i].data, output->files[i].size};
    for (int i = 0; i < old.count; i++)
        if (old.files[i].same_model && !is_written(model, old.files[i].name) &&
            fw_file_exists(fw_format(model->arena, "%s/%s", folder, old.files[i].name)))
            stale[nstale++] = old.files[i].name;
    return fw_files_write(model->diag, folder, files, output->nfiles, stale, nstale);
}
