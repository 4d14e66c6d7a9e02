#include "suite.h"

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/lab.h"
#include "app/sweep.h"

static const char SPEC[] =
    "{\"name\": \"small\", \"runs\": 12, \"seeds\": 2, \"seed\": 3, \"data\": [\"rings\", \"spirals\", \"linear2d\"],"
    "\"arch\": {\"mlp\": {\"layers\": [1, 2], \"units\": [4, 16], \"activation\": [\"relu\", \"tanh\"], \"dropout\": [0, 0.3]}},"
    "\"optim\": [\"sgd\", \"adam\"], \"lr\": {\"log\": [1e-3, 1e-1]}, \"batch\": {\"log_int\": [16, 64]}, \"epochs\": 4,"
    "\"weights\": \"every:2:epochs\", \"jump\": \"linear\", \"jump_at\": [\"25%\", \"30%,60%\"]}";

static char folder[] = "/tmp/orrery-sweep-XXXXXX";
static char path[64];

static void make_folder(void)
{
    strcpy(folder, "/tmp/orrery-sweep-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
    DIR *d = opendir(folder);
    for (struct dirent *e; (e = readdir(d));) {
        char file[512];
        snprintf(file, sizeof file, "%s/%s", folder, e->d_name);
        unlink(file);
    }
    closedir(d);
    rmdir(folder);
}

static struct orr_app open_app(const char *name)
{
    struct orr_app app = {0};
    struct orr_error err;
    snprintf(path, sizeof path, "%s/%s.db", folder, name);
    ck_assert_msg(orr_store_open(path, ORR_STORE_CREATE, &app.store, &err) == ORR_OK, "%s", err.message);
    return app;
}

static struct orr_sweep *spec(void)
{
    struct orr_sweep *s;
    struct orr_error err;
    ck_assert_msg(orr_sweep_parse("spec", SPEC, sizeof SPEC - 1, &s, &err) == ORR_OK, "%s", err.message);
    return s;
}

static struct orr_sweep_result run(struct orr_app *app, int threads, size_t shard, size_t shards)
{
    struct orr_sweep *s = spec();
    struct orr_sweep_result r;
    struct orr_error err;
    const struct orr_sweep_options o = {.threads = threads, .shard = shard, .shards = shards};
    ck_assert_msg(orr_app_sweep(app, s, &o, NULL, &r, &err) == ORR_OK, "%s", err.message);
    orr_sweep_free(s);
    return r;
}

/* Every value of every series and snapshot of every run, by run key: all but times and row numbers. */
static char *content(struct orr_app *app)
{
    static const char sql[] =
        "select r.key, p.series, p.step, p.value from point p join run r on r.id = p.run_id "
        "order by 1, 2, 3, p.position";
    struct orr_sql_result t;
    struct orr_error err;
    struct orr_str s = {0};
    ck_assert_msg(orr_store_sql(app->store, sql, 1000000, NULL, &t, &err) == ORR_OK, "%s", err.message);
    for (size_t i = 0; i < t.rows * t.columns; i++) {
        orr_str_append(&s, t.cells[i] ? t.cells[i] : "-");
        orr_str_append_char(&s, i % t.columns == t.columns - 1 ? '\n' : ' ');
    }
    orr_sql_result_free(&t);
    struct orr_run_list runs;
    ck_assert_int_eq(orr_store_runs(app->store, &runs, &err), ORR_OK);
    uint64_t hash = 0;
    for (size_t i = 0; i < runs.n; i++) {
        struct orr_snapshot_list list;
        ck_assert_int_eq(orr_store_snapshots(app->store, runs.runs[i].id, &list, &err), ORR_OK);
        for (size_t k = 0; k < list.n; k++) {
            float *v = malloc(list.items[k].n * sizeof *v);
            ck_assert_int_eq(orr_store_snapshot_read(app->store, runs.runs[i].id, list.items[k].step, list.items[k].tensor, 0,
                                                     list.items[k].n, v, &err), ORR_OK);
            uint64_t own = 1469598103934665603u; /* summed per tensor: the order of runs does not matter */
            for (size_t j = 0; j < list.items[k].n * 4; j++) own = (own ^ ((unsigned char *)v)[j]) * 1099511628211u;
            hash += own;
            free(v);
        }
        orr_snapshot_list_free(&list);
    }
    orr_str_printf(&s, "runs %zu, weights %016llx\n", runs.n, (unsigned long long)hash);
    orr_run_list_free(&runs);
    return s.data;
}

START_TEST(one_thread_two_threads_and_shards_give_the_same_bytes)
{
    make_folder();
    struct orr_app one = open_app("one"), two = open_app("two"), parts = open_app("parts");
    ck_assert_uint_eq(run(&one, 1, 0, 0).finished, 12);
    ck_assert_uint_eq(run(&two, 2, 0, 0).finished, 12);
    for (size_t k = 0; k < 3; k++) ck_assert_uint_eq(run(&parts, 2, k, 3).finished, 4);
    char *a = content(&one), *b = content(&two), *c = content(&parts);
    ck_assert_uint_gt(strlen(a), 2000);
    ck_assert_str_eq(a, b);
    ck_assert_str_eq(a, c);
    const struct orr_sweep_result again = run(&one, 2, 0, 0);
    ck_assert_uint_eq(again.done_before, 12);
    ck_assert_uint_eq(again.finished, 0);
    free(a);
    free(b);
    free(c);
    orr_app_close(&one);
    orr_app_close(&two);
    orr_app_close(&parts);
    remove_folder();
}
END_TEST

START_TEST(a_sweep_killed_in_the_middle_and_resumed_equals_an_uninterrupted_one)
{
    make_folder();
    struct orr_app whole = open_app("whole");
    run(&whole, 2, 0, 0);
    char *want = content(&whole);
    orr_app_close(&whole);
    for (int round = 0; round < 6; round++) {
        const pid_t child = fork();
        if (child == 0) {
            struct orr_app app = open_app("killed");
            run(&app, 2, 0, 0);
            _exit(0);
        }
        usleep(3000 + 9000 * (useconds_t)round);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    struct orr_app app = open_app("killed");
    const struct orr_sweep_result r = run(&app, 2, 0, 0);
    ck_assert_uint_eq(r.done_before + r.finished, 12);
    char *got = content(&app);
    ck_assert_str_eq(want, got);
    free(want);
    free(got);
    orr_app_close(&app);
    remove_folder();
}
END_TEST

START_TEST(wrong_specifications_name_the_setting)
{
    static const char *const bad[][2] = {
        {"[]", "object"}, {"{\"runs\": 2}", "name"}, {"{\"name\": \"x\", \"rums\": 2}", "rums"},
        {"{\"name\": \"x\", \"runs\": 0, \"arch\": \"linear\"}", "runs"}, {"{\"name\": \"x\"}", "arch"},
        {"{\"name\": \"x\", \"arch\": \"linear\", \"lr\": {\"log\": [0, 1]}}", "lr"},
        {"{\"name\": \"x\", \"arch\": \"linear\", \"lr\": {\"what\": [0, 1]}}", "lr"},
        {"{\"name\": \"x\", \"arch\": \"linear\", \"batch\": -3}", "batch"},
        {"{\"name\": \"x\", \"arch\": {\"cnn\": {}}}", "arch"}, {"{\"name\": \"x\", \"arch\": \"linear\", \"data\": 3}", "data"},
        {"{\"name\": \"x\", \"arch\": \"linear\", \"jump\": [\"none\", \"leap\"], \"runs\": 2}", "jump"},
        {"{\"name\": \"x\", \"arch\": \"linear\", \"jump\": \"flow\", \"jump_at\": \"120%\"}", "shares"},
        {"{\"name\": \"x\", \"arch\": \"linear\", \"jump_horizon\": 2}", "jump_horizon"},
        {"{\"name\": \"\", \"arch\": \"linear\"}", "name"},
        {"{\"name\": \"x\", \"arch\": \"linear\", \"moments\": 1}", "moments"},
        {"{\"name\": \"x\", \"arch\": {\"mlp\": {\"layers\": 60, \"units\": 1000}}}", "too long"},
        {"{\"name\": \"x\", \"arch\": {\"mlp\": {\"layers\": 1e300, \"units\": 1e300}}, \"record\": \"none\"}", "record"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct orr_sweep *s;
        struct orr_error err;
        ck_assert_msg(orr_sweep_parse("spec", bad[i][0], strlen(bad[i][0]), &s, &err) == ORR_EINVAL, "%s", bad[i][0]);
        ck_assert_msg(strstr(err.message, bad[i][1]) != NULL, "%s: %s", bad[i][0], err.message);
    }
}
END_TEST

START_TEST(without_shared_seeds_every_run_starts_from_its_own)
{
    static const char text[] =
        "{\"name\": \"x\", \"runs\": 8, \"seeds\": 0, \"arch\": \"mlp:4\", \"lr\": {\"log\": [1e-3, 1]}, \"moments\": true}";
    struct orr_sweep *s;
    struct orr_sweep_item a, b;
    struct orr_error err;
    ck_assert_int_eq(orr_sweep_parse("spec", text, strlen(text), &s, &err), ORR_OK);
    ck_assert(!orr_sweep_draw(s, 2, &a, &err) && !orr_sweep_draw(s, 3, &b, &err));
    ck_assert(a.seed != b.seed && fabs(a.lr - b.lr) > 1e-9 && a.moments);
    orr_sweep_free(s);
}
END_TEST

START_TEST(a_number_may_have_a_range_for_each_optimiser)
{
    static const char text[] = "{\"name\": \"x\", \"runs\": 60, \"arch\": \"linear\", \"optim\": [\"sgd\", \"adam\"], "
                               "\"lr\": {\"sgd\": {\"log\": [0.1, 1]}, \"adam\": 1e-3}}";
    static const char missing[] = "{\"name\": \"x\", \"arch\": \"linear\", \"optim\": \"adam\", \"lr\": {\"sgd\": 1}}";
    struct orr_sweep *s;
    struct orr_sweep_item item;
    struct orr_error err;
    size_t of_sgd = 0;
    ck_assert_int_eq(orr_sweep_parse("spec", text, strlen(text), &s, &err), ORR_OK);
    for (size_t i = 0; i < 60; i++) {
        ck_assert_int_eq(orr_sweep_draw(s, i, &item, &err), ORR_OK);
        const bool sgd = !strcmp(item.optim, "sgd");
        ck_assert(sgd ? item.lr >= 0.1 && item.lr <= 1 : item.lr == 1e-3);
        of_sgd += sgd;
    }
    ck_assert(of_sgd > 10 && of_sgd < 50);
    orr_sweep_free(s);
    ck_assert_int_eq(orr_sweep_parse("spec", missing, strlen(missing), &s, &err), ORR_EINVAL);
}
END_TEST

START_TEST(runs_of_a_list_of_jumps_differ_in_nothing_else)
{
    static const char text[] =
        "{\"name\": \"x\", \"runs\": 24, \"seeds\": 2, \"data\": [\"rings\", \"spirals\"], \"arch\": {\"mlp\": {}},"
        "\"lr\": {\"log\": [1e-3, 1]}, \"jump\": [\"none\", \"linear\", \"flow\"], \"jump_at\": [\"10%\", \"20%,40%\"]}";
    static const char *const names[] = {"none", "linear", "flow"};
    struct orr_sweep *s;
    struct orr_error err;
    struct orr_sweep_item a, b;
    ck_assert_int_eq(orr_sweep_parse("spec", text, strlen(text), &s, &err), ORR_OK);
    for (size_t i = 0; i < 24; i++) {
        ck_assert_int_eq(orr_sweep_draw(s, i, &a, &err), ORR_OK);
        ck_assert_int_eq(orr_sweep_draw(s, i / 3 * 3, &b, &err), ORR_OK);
        ck_assert_str_eq(a.jump, names[i % 3]);
        ck_assert_uint_eq(a.seed, b.seed);
        ck_assert_double_eq(a.lr, b.lr);
        ck_assert_str_eq(a.arch, b.arch);
        ck_assert_str_eq(a.jump_at, b.jump_at);
        ck_assert_int_eq(orr_sweep_draw(s, (i + 3) % 24, &b, &err), ORR_OK);
        ck_assert(a.seed != b.seed || a.lr < b.lr || a.lr > b.lr); /* another pair */
    }
    orr_sweep_free(s);
}
END_TEST

START_TEST(an_item_that_cannot_be_trained_is_counted_and_the_others_go_on)
{
    static const char text[] =
        "{\"name\": \"x\", \"runs\": 8, \"data\": [\"rings\", \"csv:/none\"], \"arch\": \"mlp:4\", \"epochs\": 1}";
    make_folder();
    struct orr_app app = open_app("failing");
    struct orr_sweep *s;
    struct orr_sweep_result r;
    struct orr_error err;
    ck_assert_int_eq(orr_sweep_parse("spec", text, strlen(text), &s, &err), ORR_OK);
    const struct orr_sweep_options o = {.threads = 2};
    ck_assert_int_eq(orr_app_sweep(&app, s, &o, NULL, &r, &err), ORR_OK);
    ck_assert_uint_gt(r.failed, 0);
    ck_assert_uint_eq(r.failed + r.finished, 8);
    ck_assert_ptr_nonnull(strstr(err.where, "/none"));
    orr_sweep_free(s);
    orr_app_close(&app);
    remove_folder();
}
END_TEST

static bool stop_early(void *ctx, const struct orr_progress *p)
{
    (void)p;
    return ++*(int *)ctx < 15; /* six batches an epoch */
}

START_TEST(a_single_run_goes_on_from_its_checkpoint_in_the_store)
{
    make_folder();
    struct orr_app whole = open_app("whole"), parts = open_app("parts");
    char checkpoint[80];
    snprintf(checkpoint, sizeof checkpoint, "%s/point.safetensors", folder);
    struct orr_lab_job job = {.data = "rings", .name = "r", .train = orr_train_defaults()};
    struct orr_error err;
    int64_t id;
    job.train.epochs = 5;
    job.train.log_every = 2;
    ck_assert_int_eq(orr_app_lab_train(&whole, &job, NULL, &id, NULL, &err), ORR_OK);
    job.checkpoint = checkpoint;
    int ticks = 0; /* stopped in the third epoch, then again to the end */
    const struct orr_ticker ticker = {stop_early, &ticks};
    ck_assert_int_eq(orr_app_lab_train(&parts, &job, &ticker, &id, NULL, &err), ORR_ECANCELLED);
    ck_assert_int_eq(orr_app_lab_train(&parts, &job, NULL, &id, NULL, &err), ORR_OK);
    char *a = content(&whole), *b = content(&parts);
    ck_assert_str_eq(a, b);
    free(a);
    free(b);
    orr_app_close(&whole);
    orr_app_close(&parts);
    remove_folder();
}
END_TEST

ORR_SUITE("sweep", one_thread_two_threads_and_shards_give_the_same_bytes,
          a_sweep_killed_in_the_middle_and_resumed_equals_an_uninterrupted_one, wrong_specifications_name_the_setting,
          without_shared_seeds_every_run_starts_from_its_own, a_number_may_have_a_range_for_each_optimiser,
          runs_of_a_list_of_jumps_differ_in_nothing_else,
          an_item_that_cannot_be_trained_is_counted_and_the_others_go_on,
          a_single_run_goes_on_from_its_checkpoint_in_the_store)
