#include "app/shards.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/parallel.h"
#include "base/vec.h"

enum { FRAGMENT_LIMIT = 1 << 30, SHARDS_MOST = 100000 };

/* What is known of one finished item: its line in a fragment, "LOOP ITEM ...". */
struct record {
    size_t loop, item;
    const char *text; /* of the rest */
};

struct orr_shards {
    enum { COMPUTING, MERGING, DONE } state;
    size_t shard, shards;
    int fd;           /* of the .part */
    char *part, *path;
    size_t loop;      /* the next one's number */
    int argc;
    const char **argv;
    ORR_VEC(struct record) known;
    struct orr_arena arena;
    void (*item)(void *ctx, size_t i); /* from here on: the loop that runs */
    bool failed;
    void *ctx;
    const size_t *todo;
    const struct orr_region *regions;
    size_t n_regions;
    uint64_t **before; /* [n_regions] what the regions held when last looked at */
    struct orr_str line;
    struct orr_error err; /* the first failure of a write */
};

/* ---- the file ---- */

static void header(const struct orr_shards *s, int argc, const char *const *argv, struct orr_str *out)
{
    orr_str_printf(out, "{\"orrery\":\"fragment\",\"version\":\"" ORR_VERSION "\",\"shard\":%zu,\"shards\":%zu,\"command\":[",
                   s->shard, s->shards);
    for (int i = 0; i < argc; i++) {
        if (i) orr_str_append_char(out, ',');
        orr_json_append_string(out, argv[i]);
    }
    orr_str_append(out, "]}\n");
}

static void append(struct orr_shards *s, const struct orr_str *text)
{
    size_t done = 0;
    while (done < text->len && !s->err.code) {
        const ssize_t k = write(s->fd, text->data + done, text->len - done);
        if (k < 0 && errno == EINTR) continue;
        if (k < 0)
            orr_error_set(&s->err, errno == ENOSPC ? ORR_EFULL : ORR_EIO, s->part, "cannot be written: %s",
                          strerror(errno));
        if (k > 0) done += (size_t)k;
    }
}

static enum orr_status read_whole(struct orr_shards *s, const char *path, char **text, size_t *n, struct orr_error *err)
{
    struct stat st;
    FILE *f = fopen(path, "rbe");
    if (!f || fstat(fileno(f), &st) || !S_ISREG(st.st_mode)) {
        if (f) fclose(f);
        return orr_error_set(err, ORR_EIO, path, "cannot be read: %s", f ? "no regular file" : strerror(errno));
    }
    enum orr_status status = ORR_OK;
    if (st.st_size > FRAGMENT_LIMIT) status = orr_error_set(err, ORR_EFORMAT, path, "is too large for a fragment");
    if (!status) {
        *text = orr_arena_zalloc(&s->arena, (size_t)st.st_size + 1, 1);
        *n = fread(*text, 1, (size_t)st.st_size, f);
        (*text)[*n] = '\0';
        if (memchr(*text, 0, *n)) status = orr_error_set(err, ORR_EFORMAT, path, "is no fragment");
    }
    fclose(f);
    return status;
}

/* The header of a fragment: its shard and command. */
static enum orr_status read_header(struct orr_shards *s, const char *path, const char *line, size_t n, size_t *shard,
                                   size_t *shards, int *argc, const char ***argv, struct orr_error *err)
{
    struct json_object *o = NULL, *v;
    if (orr_json_parse(path, line, n, &o, err)) return orr_error_set(err, ORR_EFORMAT, path, "is no fragment");
    enum orr_status status = ORR_OK;
    struct json_object *const command = orr_json_member(o, "command");
    if (strcmp(orr_json_text(o, "orrery"), "fragment") != 0 || !json_object_is_type(command, json_type_array))
        status = orr_error_set(err, ORR_EFORMAT, path, "is no fragment");
    else if (strcmp(orr_json_text(o, "version"), ORR_VERSION) != 0)
        status = orr_error_set(err, ORR_EVERSION, path, "was made by another version of Orrery; compute it anew");
    if (!status) {
        *shard = json_object_object_get_ex(o, "shard", &v) ? (size_t)json_object_get_int64(v) : SHARDS_MOST;
        *shards = json_object_object_get_ex(o, "shards", &v) ? (size_t)json_object_get_int64(v) : 0;
        *argc = (int)json_object_array_length(command);
        *argv = orr_arena_zalloc(&s->arena, (size_t)*argc + 1, sizeof **argv);
        for (int i = 0; i < *argc; i++) {
            v = json_object_array_get_idx(command, (size_t)i);
            (*argv)[i] = orr_arena_strdup(&s->arena, json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "");
        }
        if (*shards > SHARDS_MOST || *shard >= *shards) status = orr_error_set(err, ORR_EFORMAT, path, "is no fragment");
    }
    json_object_put(o);
    return status;
}

static bool same_command(int n, const char *const *a, int m, const char *const *b)
{
    if (n != m) return false;
    for (int i = 0; i < n; i++)
        if (strcmp(a[i], b[i]) != 0) return false;
    return true;
}

/* Takes the records of text after its header; *kept: bytes up to the end of the last whole line. true: the last line is there. */
static bool take_records(struct orr_shards *s, char *text, size_t n, size_t *kept)
{
    char *at = memchr(text, '\n', n);
    *kept = 0;
    if (!at) return false;
    for (at++;;) {
        *kept = (size_t)(at - text);
        char *end = strchr(at, '\n'), *rest;
        if (!end) return false;
        *end = '\0';
        if (!strcmp(at, "end")) return true;
        struct record r = {.loop = strtoull(at, &rest, 10)};
        if (rest == at || *rest != ' ') return false;
        at = rest + 1;
        r.item = strtoull(at, &rest, 10);
        if (rest == at) return false;
        r.text = rest;
        ORR_VEC_PUSH(&s->known, r);
        at = end + 1;
    }
}

static enum orr_status go_on(struct orr_shards *s, const char *path, bool *whole, size_t *kept, int argc,
                             const char *const *argv, struct orr_error *err)
{
    char *text;
    size_t n, shard, shards;
    int argc_there;
    const char **argv_there;
    enum orr_status status = read_whole(s, path, &text, &n, err);
    if (status) return status;
    *kept = 0;
    *whole = false;
    const char *end = memchr(text, '\n', n);
    if (!end) return ORR_OK; /* killed before the header was written */
    status = read_header(s, path, text, (size_t)(end - text), &shard, &shards, &argc_there, &argv_there, err);
    if (!status && (shard != s->shard || shards != s->shards || !same_command(argc, argv, argc_there, argv_there)))
        status = orr_error_set(err, ORR_EINVAL, path, "is a fragment of another command; name another folder");
    if (!status) *whole = take_records(s, text, n, kept);
    return status;
}

/* ---- opening ---- */

static struct orr_shards *fresh(size_t shard, size_t shards)
{
    struct orr_shards *s = orr_xcalloc(1, sizeof *s);
    s->shard = shard;
    s->shards = shards;
    s->fd = -1;
    return s;
}

enum orr_status orr_shards_open(const char *folder, size_t shard, size_t shards, bool resume, int argc,
                                const char *const *argv, struct orr_shards **out, struct orr_error *err)
{
    *out = NULL;
    if (shard >= shards || shards > SHARDS_MOST)
        return orr_error_set(err, ORR_EINVAL, "--shard", "expected I/N with 0 <= I < N <= %d", SHARDS_MOST);
    if (mkdir(folder, 0777) && errno != EEXIST)
        return orr_error_set(err, ORR_EIO, folder, "cannot be made: %s", strerror(errno));
    struct orr_shards *s = fresh(shard, shards);
    struct orr_str name = {0};
    orr_str_printf(&name, "%s/%zu-of-%zu", folder, shard, shards);
    s->path = orr_arena_printf(&s->arena, "%s.fragment", name.data);
    s->part = orr_arena_printf(&s->arena, "%s.part", name.data);
    orr_str_free(&name);
    struct stat st;
    bool whole = false;
    size_t kept = 0;
    const bool finished = stat(s->path, &st) == 0, begun = stat(s->part, &st) == 0;
    enum orr_status status = ORR_OK;
    if ((finished || begun) && !resume)
        status = orr_error_set(err, ORR_EINVAL, finished ? s->path : s->part,
                               "is there already; --resume goes on with it, or name another folder");
    if (!status && (finished || begun)) status = go_on(s, finished ? s->path : s->part, &whole, &kept, argc, argv, err);
    if (!status && finished && !whole) status = orr_error_set(err, ORR_EFORMAT, s->path, "is damaged; remove it");
    if (!status && finished) {
        s->state = DONE;
    } else if (!status) {
        s->fd = open(s->part, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (s->fd < 0 || ftruncate(s->fd, (off_t)kept))
            status = orr_error_set(err, ORR_EIO, s->part, "cannot be written: %s", strerror(errno));
        if (!status && !kept) {
            header(s, argc, argv, &s->line);
            append(s, &s->line);
            if (s->err.code) status = orr_error_set(err, s->err.code, s->err.where, "%s", s->err.message);
        }
    }
    if (status) {
        orr_shards_close(s, false, NULL);
        return status;
    }
    *out = s;
    return ORR_OK;
}

static enum orr_status add_fragment(struct orr_shards *s, const char *path, bool *have, struct orr_error *err)
{
    char *text;
    size_t n, shard, shards, kept;
    int argc;
    const char **argv;
    enum orr_status status = read_whole(s, path, &text, &n, err);
    if (status) return status;
    const char *end = memchr(text, '\n', n);
    if (!end) return orr_error_set(err, ORR_EFORMAT, path, "is no fragment");
    status = read_header(s, path, text, (size_t)(end - text), &shard, &shards, &argc, &argv, err);
    if (status) return status;
    if (!s->argv) {
        s->argc = argc;
        s->argv = argv;
        s->shards = shards;
    } else if (shards != s->shards || !same_command(argc, argv, s->argc, s->argv)) {
        return orr_error_set(err, ORR_EINVAL, path, "is of another command, or of another number of shards, than its neighbours");
    }
    if (!take_records(s, text, n, &kept)) return orr_error_set(err, ORR_EFORMAT, path, "is damaged; compute it anew");
    have[shard] = true;
    return ORR_OK;
}

enum orr_status orr_shards_merge(const char *folder, struct orr_shards **out, struct orr_error *err)
{
    *out = NULL;
    struct orr_shards *s = fresh(0, 0);
    struct orr_str pattern = {0};
    glob_t found = {0};
    s->state = MERGING;
    bool *have = orr_xcalloc(SHARDS_MOST, sizeof *have);
    orr_str_printf(&pattern, "%s/*-of-*.fragment", folder);
    glob(pattern.data, 0, NULL, &found);
    enum orr_status status = found.gl_pathc ? ORR_OK : orr_error_set(err, ORR_ENOTFOUND, folder, "holds no finished fragments");
    for (size_t i = 0; i < found.gl_pathc && !status; i++) status = add_fragment(s, found.gl_pathv[i], have, err);
    for (size_t i = 0; i < s->shards && !status; i++)
        if (!have[i])
            status = orr_error_set(err, ORR_EINVAL, folder, "shard %zu of %zu is missing or unfinished: run it again with "
                                   "--shard %zu/%zu --resume", i, s->shards, i, s->shards);
    free(have);
    globfree(&found);
    orr_str_free(&pattern);
    if (status)
        orr_shards_close(s, false, NULL);
    else
        *out = s;
    return status;
}

const char *const *orr_shards_command(const struct orr_shards *s, int *argc)
{
    *argc = s->argc;
    return (const char *const *)s->argv;
}

enum orr_status orr_shards_close(struct orr_shards *s, bool whole, struct orr_error *err)
{
    if (!s) return ORR_OK;
    enum orr_status status = s->err.code;
    if (whole && s->state == COMPUTING && !status) {
        orr_str_clear(&s->line);
        orr_str_append(&s->line, "end\n");
        append(s, &s->line);
        if (!s->err.code && (fsync(s->fd) || rename(s->part, s->path)))
            orr_error_set(&s->err, ORR_EIO, s->path, "cannot be written: %s", strerror(errno));
        status = s->err.code;
    }
    if (status) orr_error_set(err, status, s->err.where, "%s", s->err.message);
    if (s->fd >= 0) close(s->fd);
    free(s->known.data);
    orr_str_free(&s->line);
    orr_arena_free(&s->arena);
    free(s);
    return status;
}

bool orr_shards_done(const struct orr_shards *s) { return s && s->state == DONE; }
bool orr_shards_partial(const struct orr_shards *s) { return s && s->state != MERGING; }
bool orr_shards_merging(const struct orr_shards *s) { return s && s->state == MERGING; }
bool orr_shards_mine(const struct orr_shards *s, size_t i)
{
    return !s || (s->state == COMPUTING && i % s->shards == s->shard);
}

void orr_shards_part(const struct orr_shards *s, size_t *shard, size_t *shards)
{
    *shard = s ? s->shard : 0;
    *shards = s ? s->shards : 0;
}

/* ---- loops ---- */

void orr_shards_fail(struct orr_shards *s)
{
    if (s) s->failed = true;
}

/* " REGION@WORD:16 hexadecimal digits a word" for each stretch of words that has changed. */
static void describe_changes(struct orr_shards *s)
{
    for (size_t r = 0; r < s->n_regions; r++) {
        const uint64_t *now = s->regions[r].data;
        bool inside = false;
        for (size_t w = 0; w < s->regions[r].bytes / sizeof *now; w++) {
            uint64_t word;
            memcpy(&word, now + w, sizeof word);
            if (word == s->before[r][w]) {
                inside = false;
                continue;
            }
            if (!inside) orr_str_printf(&s->line, " %zu@%zu:", r, w);
            orr_str_printf(&s->line, "%016" PRIx64, word);
            s->before[r][w] = word;
            inside = true;
        }
    }
}

/* The reverse; false: not such a text, or past the end of a region. */
static bool restore(struct orr_shards *s, const char *text)
{
    while (*text == ' ') {
        char *at;
        const size_t r = strtoull(text + 1, &at, 10);
        if (*at != '@' || r >= s->n_regions) return false;
        size_t w = strtoull(at + 1, &at, 10);
        if (*at != ':') return false;
        for (text = at + 1; *text && *text != ' '; text += 16, w++) {
            char digits[17] = "";
            uint64_t word;
            if (w >= s->regions[r].bytes / sizeof word || strnlen(text, 16) < 16) return false;
            memcpy(digits, text, 16);
            word = strtoull(digits, &at, 16);
            if (*at) return false;
            memcpy((uint64_t *)s->regions[r].data + w, &word, sizeof word);
            s->before[r][w] = word;
        }
    }
    return !*text;
}

static void misfit(struct orr_shards *s, const char *what)
{
    orr_error_set(&s->err, ORR_EFORMAT, what, "the fragments are of another version or of other data; compute them anew");
}

static void work(void *ctx, size_t k)
{
    struct orr_shards *s = ctx;
    const size_t i = s->todo[k];
    if (s->failed) return;
    s->item(s->ctx, i);
    if (s->failed) return;
    orr_str_clear(&s->line);
    orr_str_printf(&s->line, "%zu %zu", s->loop, i);
    describe_changes(s);
    orr_str_append_char(&s->line, '\n');
    append(s, &s->line);
}

static bool sharded_loop(struct orr_shards *s, size_t n, const struct orr_ticker *ticker, const char *what,
                         const char *unit)
{
    bool *have = orr_xcalloc(n + 1, sizeof *have), good = true;
    size_t *todo = orr_xcalloc(n + 1, sizeof *todo), left = 0;
    for (size_t k = 0; k < s->known.len && good; k++) {
        const struct record *r = &s->known.data[k];
        if (r->loop != s->loop) continue;
        good = r->item < n && restore(s, r->text);
        if (good) have[r->item] = true;
    }
    for (size_t i = 0; i < n && good; i++) {
        if (!have[i] && s->state == MERGING) good = false;
        if (!have[i] && orr_shards_mine(s, i)) todo[left++] = i;
    }
    if (!good) misfit(s, what);
    s->todo = todo;
    /* One after the other: what has changed since the last item is this item's. More shards, not more threads. */
    good = good && orr_parallel_for(left, 1, work, s, ticker, what, unit) && !s->err.code && !s->failed;
    free(todo);
    free(have);
    return good;
}

bool orr_shards_for(struct orr_shards *s, size_t n, int threads, void (*item)(void *ctx, size_t i), void *ctx,
                    const struct orr_ticker *ticker, const char *what, const char *unit, const struct orr_region *regions,
                    size_t n_regions)
{
    if (!s) return orr_parallel_for(n, threads, item, ctx, ticker, what, unit);
    s->item = item;
    s->failed = false;
    s->ctx = ctx;
    s->regions = regions;
    s->n_regions = n_regions;
    s->before = orr_xcalloc(n_regions + 1, sizeof *s->before);
    for (size_t r = 0; r < n_regions; r++) {
        s->before[r] = orr_xmalloc(regions[r].bytes + 1);
        memcpy(s->before[r], regions[r].data, regions[r].bytes);
    }
    const bool good = sharded_loop(s, n, ticker, what, unit);
    for (size_t r = 0; r < n_regions; r++) free(s->before[r]);
    free(s->before);
    s->before = NULL;
    s->loop++;
    return good;
}

/* ---- bytes ---- */

static void write_bytes(struct orr_shards *s, size_t item, const struct orr_str *bytes)
{
    static const char digits[] = "0123456789abcdef";
    orr_str_clear(&s->line);
    orr_str_printf(&s->line, "%zu %zu ", s->loop, item);
    for (size_t i = 0; i < bytes->len; i++) {
        const unsigned char c = (unsigned char)bytes->data[i];
        orr_str_append_n(&s->line, (const char[]){digits[c >> 4], digits[c & 15]}, 2);
    }
    orr_str_append_char(&s->line, '\n');
    append(s, &s->line);
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_bytes(const char *text, struct orr_str *bytes)
{
    if (*text++ != ' ') return false;
    for (; *text; text += 2) {
        const int high = digit_of(text[0]), low = high < 0 ? -1 : digit_of(text[1]);
        if (low < 0) return false;
        orr_str_append_char(bytes, (char)(high << 4 | low));
    }
    return true;
}

bool orr_shards_bytes_for(struct orr_shards *s, size_t n, void (*item)(void *ctx, size_t i, struct orr_str *bytes),
                          void (*take)(void *ctx, size_t i, struct orr_str *bytes), void *ctx, const struct orr_ticker *ticker,
                          const char *what, const char *unit)
{
    const char **known = orr_xcalloc(n + 1, sizeof *known);
    struct orr_str bytes = {0};
    bool good = true, go_on = true;
    s->failed = false;
    for (size_t k = 0; k < s->known.len && good; k++) {
        const struct record *r = &s->known.data[k];
        if (r->loop != s->loop) continue;
        good = r->item < n;
        if (good) known[r->item] = r->text;
    }
    for (size_t i = 0; i < n && good && go_on; i++) {
        const bool merging = s->state == MERGING;
        if (!merging && (known[i] || !orr_shards_mine(s, i))) continue;
        go_on = orr_ticker_tick(ticker, what, unit, i, n);
        orr_str_clear(&bytes);
        if (merging)
            good = known[i] && read_bytes(known[i], &bytes);
        else if (go_on)
            item(ctx, i, &bytes);
        if (merging && good) take(ctx, i, &bytes);
        if (!merging && go_on && !s->failed) write_bytes(s, i, &bytes);
        go_on = go_on && !s->failed && !s->err.code;
    }
    if (!good) misfit(s, what);
    s->loop++;
    orr_str_free(&bytes);
    free(known);
    return good && go_on;
}

/* ---- lines ---- */

enum orr_status orr_shards_keep_lines(struct orr_shards *s, const char *text, size_t together, struct orr_error *err)
{
    size_t item = 0;
    for (size_t n; *text; text += n + (text[n] != '\0')) {
        n = strcspn(text, "\n");
        if (*text == '[' || *text == ']') continue;
        if (orr_shards_mine(s, item / together)) {
            orr_str_clear(&s->line);
            orr_str_printf(&s->line, "%zu %zu ", s->loop, item);
            orr_str_append_n(&s->line, text, n - (n && text[n - 1] == ','));
            orr_str_append_char(&s->line, '\n');
            append(s, &s->line);
        }
        item++;
    }
    if (s->err.code) return orr_error_set(err, s->err.code, s->err.where, "%s", s->err.message);
    return ORR_OK;
}

static int by_item(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    return (x->item > y->item) - (x->item < y->item);
}

void orr_shards_lines(const struct orr_shards *s, struct orr_str *out)
{
    if (s->known.len) qsort(s->known.data, s->known.len, sizeof *s->known.data, by_item);
    orr_str_append(out, "[\n");
    for (size_t i = 0; i < s->known.len; i++) {
        const char *text = s->known.data[i].text;
        orr_str_append(out, text + (*text == ' '));
        orr_str_append(out, i + 1 < s->known.len ? ",\n" : "\n");
    }
    orr_str_append(out, "]\n");
}
