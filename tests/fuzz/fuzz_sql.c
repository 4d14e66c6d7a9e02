/* The SQL console: whatever is typed, it is answered or refused, and nothing is ever changed. */
#include "fuzz.h"

#include "store/db.h"

static struct orr_store *store;
static uint64_t ticks;

static void clean(void)
{
    char folder[256];
    snprintf(folder, sizeof folder, "%s", orr_store_path(store));
    orr_store_close(store);
    unlink(folder);
    *strrchr(folder, '/') = '\0';
    rmdir(folder);
}

static void make(void)
{
    char folder[] = "/tmp/orrery-fuzz-XXXXXX", path[64];
    fuzz_require(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/store.db", folder);
    fuzz_require(orr_store_open(path, ORR_STORE_CREATE, &store, NULL) == ORR_OK);
    const struct orr_run run = {.key = "k", .name = "one", .started = 1, .ended = NAN};
    const int64_t step[3] = {1, 2, 3};
    const double value[3] = {1, NAN, INFINITY};
    int64_t id;
    fuzz_require(orr_store_run_put(store, &run, &id, NULL) == ORR_OK);
    fuzz_require(orr_store_append(store, id, "loss", 3, step, value, NULL, NULL) == ORR_OK);
    atexit(clean);
}

static bool soon_over(void *ctx, const struct orr_progress *p)
{
    (void)ctx, (void)p;
    return ++ticks < 50;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!store) make();
    char *sql = malloc(n + 1);
    if (!sql) return 0;
    memcpy(sql, data, n);
    sql[n] = '\0';
    const struct orr_ticker ticker = {soon_over, NULL};
    struct orr_sql_result r;
    struct orr_error err = {.code = ORR_OK};
    const int changes = sqlite3_total_changes(store->db);
    const int64_t counter = orr_store_change_counter(store);
    ticks = 0;
    const enum orr_status status = orr_store_sql(store, sql, 20, &ticker, &r, &err);
    fuzz_require(status == ORR_OK || (err.code == status && err.message[0]));
    fuzz_require(r.rows <= 20 && sqlite3_total_changes(store->db) == changes);
    fuzz_require(orr_store_change_counter(store) == counter && sqlite3_get_autocommit(store->db));
    fuzz_require(sqlite3_txn_state(store->db, NULL) == SQLITE_TXN_NONE);
    orr_sql_result_free(&r);
    free(sql);
    return 0;
}
