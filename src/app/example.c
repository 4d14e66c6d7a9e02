#include "app/example.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include <orrery/pool.h>

#include "app/corpus.h"
#include "app/import.h"
#include "app/pool.h"
#include "base/mem.h"

static char *join(const char *folder, const char *rest)
{
    struct orr_str s = {0};
    orr_str_printf(&s, "%s/%s", folder, rest);
    return s.data;
}

char *orr_example_datasets(void)
{
    const char *given = getenv("ORRERY_DATASETS");
    if (given && *given) return orr_xstrdup(given);
    char self[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0) return NULL;
    self[n] = '\0';
    char *slash = strrchr(self, '/');
    if (!slash) return NULL;
    *slash = '\0';
    /* build/orrery, build/VARIANT/orrery, PREFIX/bin/orrery */
    static const char *const places[] = {"../datasets", "../../datasets", "../share/orrery/datasets"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *path = join(self, places[i]), *real = realpath(path, NULL);
        free(path);
        if (real) return real;
    }
    return NULL;
}

/* One store per folder of datasets, so that two installations do not mix. */
static char *cache_path(const char *datasets)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    const unsigned hash = XXH32(datasets, strlen(datasets), 0);
    struct orr_str s = {0};
    if (cache && cache[0] == '/')
        orr_str_printf(&s, "%s/orrery/example-%08x.db", cache, hash);
    else
        orr_str_printf(&s, "%s/.cache/orrery/example-%08x.db", home && *home ? home : "/tmp", hash);
    return s.data;
}

/* Corpora to search: tables of facts, and the runs themselves. Those that are there stay as they are. */
static enum orr_status add_corpora(struct orr_store *store, const char *datasets, const struct orr_ticker *ticker,
                                   struct orr_error *err)
{
    struct orr_corpus_list found;
    struct orr_corpus_report r = {0};
    size_t n, strangers;
    found = (struct orr_corpus_list){0};
    char *tables = join(datasets, "tables/tables.jsonl"), *questions = join(datasets, "tables/questions.jsonl");
    enum orr_status s = ORR_OK;
    if (access(tables, R_OK) == 0 && orr_store_corpus_find(store, "facts", &found, NULL) != ORR_OK) {
        s = orr_app_corpus_add(store, "facts", tables, true, ticker, &r, err);
        orr_str_free(&r.notes);
        if (s == ORR_OK) s = orr_app_corpus_questions(store, "facts", questions, &n, &strangers, err);
        if (s == ORR_OK) s = orr_app_corpus_runs(store, "runs", ticker, &r, err);
    } else {
        orr_corpus_list_free(&found);
    }
    free(tables);
    free(questions);
    return s;
}

/* Words to choose from. */
static enum orr_status add_pools(struct orr_store *store, const char *datasets, const struct orr_ticker *ticker,
                                 struct orr_error *err)
{
    int64_t id;
    size_t n;
    char *words = join(datasets, "pools/words.txt");
    enum orr_status s = orr_store_pool_find(store, "words", &id, err);
    if (!s && !id && access(words, R_OK) == 0)
        s = orr_app_pool_add(store, "words", words, "datasets/pools/words.txt", NULL, ticker, &n, err);
    free(words);
    return s;
}

enum orr_status orr_example_store(const struct orr_ticker *ticker, char **path, struct orr_error *err)
{
    *path = NULL;
    char *datasets = orr_example_datasets(), *store = NULL;
    struct orr_app app = {0};
    struct orr_import_result r = {0};
    enum orr_status s;
    if (!datasets) {
        s = orr_error_set(err, ORR_ENOTFOUND, NULL, "no datasets beside the program; name them in $ORRERY_DATASETS");
        goto out;
    }
    app.store_path = store = cache_path(datasets);
    s = orr_store_open(store, ORR_STORE_CREATE, &app.store, err);
    if (s) goto out;
    const struct orr_import_options o = {.project = "example"};
    s = orr_app_import(&app, (const char *const *)&datasets, 1, &o, ticker, &r, err);
    if (s == ORR_OK) s = add_corpora(app.store, datasets, ticker, err);
    if (s == ORR_OK) s = add_pools(app.store, datasets, ticker, err);
    if (s == ORR_OK) {
        *path = store;
        store = NULL;
    }
out:
    orr_import_result_free(&r);
    orr_app_close(&app);
    free(datasets);
    free(store);
    return s;
}
