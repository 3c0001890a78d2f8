/* The judge. A proposal is taken when isl proves, for this kernel alone, that
 *
 *   values   what each statement computes is what the graph says, load by load                      (prove_values.c)
 *   once     outputs are stored once and all of them                                                (prove_tiles.c)
 *   bounds   every access lies inside its array, every range inside its size and scratch            (prove_tiles.c)
 *   flow     the last writer of whatever is read inside the kernel is the graph's, in the same tile (prove_flow.c)
 *
 * and nothing else is taken: not what isl cannot decide, not what needs more operations than the quota. Verdicts are kept by
 * structure (prove_key.c), since the layers of a model repeat. */
#include "prove_internal.h"

#include <isl/options.h>

#include <string.h>

#define QUOTA 1000000ul     /* one to three seconds of isl; the largest kernel of the ten models needs a tenth */

typedef struct verdict {
    const char *key;
    size_t size;
    uint64_t hash;
    bool proved;
    const char *text;            /* with <n> for the name of canonical instruction n */
} verdict;

struct sched_prover {
    fw_arena *arena;             /* its own: keys and verdicts */
    unsigned long quota;
    int nverdicts, table_size;
    verdict **table;             /* open addressing, power of two */
};

sched_prover *sched_prover_new(fw_arena *arena, unsigned long quota)
{
    sched_prover *prover = fw_alloc(arena, sizeof *prover);
    prover->arena = fw_arena_new();
    prover->quota = quota ? quota : QUOTA;
    prover->table_size = 256;
    prover->table = fw_alloc_array(prover->arena, (size_t)prover->table_size, sizeof(verdict *));
    return prover;
}

void sched_prover_free(sched_prover *prover)
{
    if (!prover)
        return;
    fw_arena_free(prover->arena);
    prover->arena = NULL;
}

/* ---- verdicts ---- */

static verdict **slot(const sched_prover *prover, const char *text, size_t size, uint64_t hash)
{
    uint64_t mask = (uint64_t)prover->table_size - 1, at = hash & mask;
    while (prover->table[at]) {
        const verdict *v = prover->table[at];
        if (v->hash == hash && v->size == size && !memcmp(v->key, text, size))
            break;
        at = (at + 1) & mask;
    }
    return &prover->table[at];
}

static const verdict *keep(sched_prover *prover, const fw_text *key, bool proved_it, const char *text)
{
    if (2 * (prover->nverdicts + 1) > prover->table_size) {
        verdict **old = prover->table;
        int count = prover->table_size;
        prover->table_size *= 2;
        prover->table = fw_alloc_array(prover->arena, (size_t)prover->table_size, sizeof(verdict *));
        for (int i = 0; i < count; i++)
            if (old[i])
                *slot(prover, old[i]->key, old[i]->size, old[i]->hash) = old[i];
    }
    verdict *v = fw_alloc(prover->arena, sizeof *v);
    v->key = fw_strndup(prover->arena, key->data, key->size);
    v->size = key->size;
    v->hash = fw_hash64(key->data, key->size, 0);
    v->proved = proved_it;
    v->text = fw_strdup(prover->arena, text);
    *slot(prover, v->key, v->size, v->hash) = v;
    prover->nverdicts++;
    return v;
}

/* ---- messages ---- */

bool proof_fail(proof *p, const char *format, ...)
{
    if (p->why)
        return false;
    char text[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    p->why = fw_strdup(p->arena, text);
    return false;
}

const char *proof_instr(const proof *p, const ir_instr *instr)
{
    return fw_format(p->arena, "<%d>", p->numbers[instr->id]);
}

/* <n> becomes the HLO name of canonical instruction n. */
static const char *named(const proof *p, fw_arena *arena, const char *text)
{
    fw_text out;
    fw_text_init(&out, arena);
    for (const char *c = text; *c; c++) {
        int n = 0;
        const char *end = c + 1;
        while (*c == '<' && *end >= '0' && *end <= '9')
            n = 10 * n + (*end++ - '0');
        if (*c == '<' && *end == '>' && end > c + 1 && n < p->ninstrs) {
            fw_text_add(&out, p->instrs[n]->name);
            c = end;
        } else {
            fw_text_char(&out, *c);
        }
    }
    return fw_text_string(&out);
}

/* ---- one proof ---- */

static bool well_formed(proof *p)
{
    const sched_kernel *kernel = p->kernel;
    int64_t ntiles = 1;
    for (int i = 0; i < kernel->nloops; i++) {
        ntiles *= kernel->loops[i].ntiles;
        if (kernel->loops[i].ntiles > 1)
            p->moving[p->nmoving++] = i;
    }
    if (ntiles != kernel->ntiles)
        return proof_fail(p, "once: %lld tiles for loops of %lld", (long long)kernel->ntiles, (long long)ntiles);
    for (int i = 0; i < kernel->nstmts; i++)
        for (int j = 0; j < i; j++)
            if (kernel->stmts[i].instr == kernel->stmts[j].instr)
                return proof_fail(p, "once: two statements store %s", proof_instr(p, kernel->stmts[i].instr));
    return kernel->nstmts > 0 || proof_fail(p, "once: a kernel without statements");
}

static bool obligations(proof *p, const ir_instr *source)
{
    p->nstmts = p->kernel->nstmts;
    p->stmts = fw_alloc_array(p->arena, (size_t)p->nstmts, sizeof *p->stmts);
    if (!well_formed(p))
        return false;
    for (int i = 0; i < p->nstmts; i++)
        if (!proof_stmt_open(p, &p->stmts[i], i) || !proof_values(p, &p->stmts[i]))
            return false;
    if (!proof_tiles(p))
        return false;
    if (source)
        return proof_in_place(p, source);
    return proof_once(p) && proof_bounds(p) && (p->nstmts == 1 || proof_flow(p));
}

static const char *reason(const proof *p, unsigned long quota)
{
    if (isl_ctx_last_error(p->ctx) == isl_error_quota)
        return fw_format(p->arena, "quota: not proved within %lu isl operations", quota);
    if (isl_ctx_last_error(p->ctx) != isl_error_none)
        return fw_format(p->arena, "isl: %s", isl_ctx_last_error_msg(p->ctx));
    return p->why ? p->why : "not proved";
}

static const char *summary(const proof *p, const ir_instr *source)
{
    if (source)
        return fw_format(p->arena, "output in the buffer of %s: every read of it comes before the store", proof_instr(p, source));
    if (p->kernel->updates)
        return p->kernel->stmts[0].kind == SCHED_SCATTER ? "1 statement, values equal, updates in order, bounds hold"
                                                         : "1 statement, values equal, window written once, bounds hold";
    return fw_format(p->arena, "%d statement%s, values equal%s, outputs written once, bounds hold", p->nstmts, p->nstmts == 1 ? "" : "s",
        p->nstmts == 1 ? "" : ", flow equal");
}

/* Runs the proof and keeps its verdict. One context a proof: freed at once, and the quota is its own. */
static const verdict *prove(sched_prover *prover, proof *p, const ir_instr *source, const fw_text *key)
{
    p->ctx = isl_ctx_alloc();
    isl_options_set_on_error(p->ctx, ISL_ON_ERROR_CONTINUE);
    isl_ctx_set_max_operations(p->ctx, prover->quota);
    bool holds = obligations(p, source) && !p->why && isl_ctx_last_error(p->ctx) == isl_error_none;
    const verdict *v = keep(prover, key, holds, holds ? summary(p, source) : reason(p, prover->quota));
    for (int i = 0; i < p->nstmts; i++)
        proof_stmt_close(&p->stmts[i]);
    for (proof_excluded *e = p->excluded; e; e = e->all)
        isl_set_free(e->set);
    isl_ctx_free(p->ctx);
    return v;
}

static bool decide(sched_prover *prover, fw_arena *arena, const sched_kernel *kernel, const ir_instr *source, const char **text)
{
    fw_arena *scratch = fw_arena_new();
    size_t n = (size_t)kernel->plan->outputs[0]->comp->ninstrs;
    proof p = {.arena = scratch, .kernel = kernel};
    p.member = fw_alloc_array(scratch, n, sizeof *p.member);
    p.numbers = fw_alloc_array(scratch, n, sizeof *p.numbers);
    p.instrs = fw_alloc_array(scratch, n, sizeof *p.instrs);
    for (size_t i = 0; i < n; i++)
        p.numbers[i] = -1;
    for (int i = 0; i < kernel->plan->nmembers; i++)
        p.member[kernel->plan->members[i]->id] = true;
    fw_text key;
    fw_text_init(&key, scratch);
    proof_key(&p, &key);
    if (source && p.numbers[source->id] < 0) {
        p.numbers[source->id] = p.ninstrs;
        p.instrs[p.ninstrs++] = source;
    }
    if (source)
        fw_text_printf(&key, "\nin place of %d", p.numbers[source->id]);
    const verdict *v = *slot(prover, key.data, key.size, fw_hash64(key.data, key.size, 0));
    if (!v)
        v = prove(prover, &p, source, &key);
    *text = named(&p, arena, v->text);
    fw_arena_free(scratch);
    return v->proved;
}

bool sched_prove(sched_prover *prover, fw_arena *arena, sched_kernel *kernel, const char **why)
{
    const char *text;
    kernel->proved = decide(prover, arena, kernel, NULL, &text);
    kernel->proof = text;
    if (!kernel->proved)
        *why = text;
    return kernel->proved;
}

bool sched_prove_in_place(sched_prover *prover, fw_arena *arena, const sched_kernel *kernel, const ir_instr *source, const char **why)
{
    const char *text;
    bool holds = decide(prover, arena, kernel, NULL, &text) && decide(prover, arena, kernel, source, &text);
    if (!holds)
        *why = text;
    return holds;
}
