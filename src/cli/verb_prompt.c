/* orrery prompt ...: learning prompts of a dual encoder, searching for their lengths, scoring them elsewhere, and training the
 * encoder itself. */
#include <stdio.h>
#include <string.h>

#include "app/clip_pretrain.h"
#include "app/prompt.h"
#include "app/prompt_tasks.h"
#include "cli/out_file.h"
#include "cli/verbs.h"

/* ---- what the verbs share ---- */

static void print(struct orr_io *io, struct orr_str *text)
{
    fwrite(orr_str_c(text), 1, text->len, io->out);
    orr_str_free(text);
}

static bool has_option(const struct orr_args *args, const char *name)
{
    const struct orr_option *o = args->verb->options;
    while (o->name && strcmp(o->name, name) != 0) o++;
    return o->name != NULL;
}

static bool take_int(const struct orr_args *args, const char *name, int *to)
{
    if (!has_option(args, name) || !orr_args_text(args, name)) return false;
    *to = (int)orr_args_int(args, name);
    return true;
}

/* A setting that the method does not have is a mistake of the user's. */
static enum orr_status take_setting(const struct orr_args *args, const char *name, int *to, const struct orr_method *m,
                                    struct orr_error *err)
{
    const struct orr_param *p = m->params;
    char option[32];
    if (!take_int(args, name, to)) return ORR_OK;
    while (p->name && strcmp(p->name, name) != 0) p++;
    if (p->name) return ORR_OK;
    snprintf(option, sizeof option, "--%s", name);
    return orr_error_set(err, ORR_EINVAL, option, "%s has no such setting", m->name);
}

static enum orr_status query_of(const struct orr_args *args, const char *method, struct orr_prompt_query *q,
                                struct orr_error *err)
{
    enum orr_status s = orr_prompt_query_init(q, method, err);
    if (s) return s;
    struct orr_prompt_settings *t = &q->settings;
    const struct {
        const char *name;
        int *to;
    } settings[] = {{"context", &t->context}, {"add", &t->add},       {"remove", &t->remove},
                    {"depth", &t->depth},     {"length", &t->length}, {"longest", &t->longest}};
    for (size_t k = 0; k < sizeof settings / sizeof *settings && !s; k++)
        s = take_setting(args, settings[k].name, settings[k].to, q->method, err);
    const char *maps = has_option(args, "maps") ? orr_args_text(args, "maps") : NULL;
    if (maps) t->maps = strcmp(maps, "layer") == 0 ? ORR_PROMPTS_MAP_LAYER : ORR_PROMPTS_MAP_TOKEN;
    take_int(args, "epochs", &q->options.epochs);
    take_int(args, "batch", &q->options.batch);
    if (orr_args_text(args, "lr")) q->options.lr = orr_args_number(args, "lr");
    q->options.distil = orr_args_number(args, "distil");
    q->shots = (int)orr_args_int(args, "shots");
    q->all = orr_args_flag(args, "all");
    q->seed = (uint64_t)orr_args_int(args, "seed");
    return s;
}

static void score_head(struct orr_table *t, size_t rows)
{
    static const char *const heads[] = {"task", "method", "base", "new", "harmonic", "accuracy", "parameters", "seconds"};
    orr_table_init(t, rows, sizeof heads / sizeof *heads);
    for (size_t c = 0; c < sizeof heads / sizeof *heads; c++)
        orr_table_column(t, c, heads[c], c < 2 ? ORR_CELL_TEXT : c == 6 ? ORR_CELL_INTEGER : ORR_CELL_NUMBER);
}

static void score_row(struct orr_table *t, size_t row, const char *task, const char *method, const double *score)
{
    orr_table_set_text(t, row, 0, task);
    orr_table_set_text(t, row, 1, method);
    for (int k = 0; k < ORR_PROMPT_METRICS; k++) orr_table_set_number(t, row, 2 + (size_t)k, score[k]);
}

/* Zero-shot stands above what was learned: the first question is whether anything was gained. */
static void print_scores(const struct orr_args *args, const struct orr_prompt_world *w, const struct orr_prompt_result *r,
                         const double *plain, struct orr_io *io)
{
    struct orr_table t = {0};
    score_head(&t, 2);
    score_row(&t, 0, w->source, "zero-shot", plain);
    score_row(&t, 1, w->source, r->method->name, r->score);
    orr_table_set_number(&t, 1, 6, (double)r->parameters);
    orr_table_set_number(&t, 1, 7, r->seconds);
    orr_cli_print_table(io, args, &t);
    orr_table_free(&t);
}

static enum orr_status zero_shot(const struct orr_prompt_world *w, double *score, struct orr_error *err)
{
    struct orr_prompt_query q;
    struct orr_prompt_result r = {0};
    enum orr_status s = orr_prompt_query_init(&q, "zero-shot", err);
    if (!s) s = orr_prompt_run(w, &q, NULL, &r, err);
    memcpy(score, r.score, sizeof r.score);
    orr_prompt_result_free(&r);
    return s;
}

static enum orr_status one_operand(const struct orr_args *args, const char *what, struct orr_error *err)
{
    return args->n_operands == 1 ? ORR_OK : orr_error_set(err, ORR_EINVAL, NULL, "%s", what);
}

/* ---- train, search ---- */

/* The found layout learned anew as another method's. */
static enum orr_status learn_with(const struct orr_prompt_world *w, const struct orr_args *args, const char *method,
                                  struct orr_prompt_result *r, struct orr_io *io, struct orr_error *err)
{
    static const char *const names[] = {"deep-text", "maple", "prompt-modular"};
    static const enum orr_prompts_maps maps[] = {ORR_PROMPTS_OWN, ORR_PROMPTS_MAP_LAYER, ORR_PROMPTS_MAP_TOKEN};
    struct orr_prompt_query q, own;
    struct orr_prompt_result again = {0};
    size_t k = 0;
    while (strcmp(names[k], method) != 0) k++;
    struct orr_prompts_layout l = orr_prompts_in_sequence(&r->prompts.layout, maps[k], k == 2 ? 1 : -1);
    if (k == 0) memset(l.add[ORR_PROMPTS_IMAGE], 0, sizeof l.add[0]), memset(l.drop[ORR_PROMPTS_IMAGE], 0, sizeof l.drop[0]);
    enum orr_status s = query_of(args, "prompt-search", &own, err);
    if (!s) s = orr_prompt_query_init(&q, method, err);
    if (s) return s;
    if (!orr_args_text(args, "lr")) own.options.lr = q.options.lr; /* the layout is the search's, the rate the method's */
    q.options = own.options;
    q.shots = own.shots;
    q.all = own.all;
    q.seed = own.seed;
    q.layout = &l;
    s = orr_prompt_run(w, &q, &io->ticker, &again, err);
    again.search = r->search;
    again.longest = r->longest;
    memcpy(again.choice, r->choice, sizeof r->choice);
    r->search = NULL;
    orr_prompt_result_free(r);
    *r = again;
    return s;
}

/* Names that the encoder has no words for are told apart by nothing but what prompts make of them. */
static void say_unknown(const struct orr_prompt_world *w, struct orr_io *io)
{
    struct orr_str names = {0};
    for (int c = 0; c < w->task.classes; c++)
        if (!orr_clip_tokens_knows(w->clip->tokens, w->task.label[c]))
            orr_str_printf(&names, "%s%s", names.len ? ", " : "", w->task.label[c]);
    if (names.len) orr_io_say(io, "the encoder does not know every word of: %s", orr_str_c(&names));
    orr_str_free(&names);
}

static int learn(const struct orr_args *args, struct orr_io *io, const char *method, bool search)
{
    struct orr_clip clip = {0};
    struct orr_prompt_world w = {0};
    struct orr_prompt_query q;
    struct orr_prompt_result r = {0};
    struct orr_error err;
    struct orr_str text = {0};
    double plain[ORR_PROMPT_METRICS];
    const char *out = orr_args_text(args, "out"), *plot = orr_args_text(args, "plot"),
               *with = search ? orr_args_text(args, "with") : NULL;
    enum orr_status s = one_operand(args, "name one task, or a folder of your own; orrery prompt tasks lists them", &err);
    if (!s) s = query_of(args, method, &q, &err);
    if (!s) s = orr_prompt_encoder(orr_args_text(args, "encoder"), &io->ticker, &clip, &err);
    if (!s) s = orr_prompt_world_open(&w, &clip, args->operand[0], 1, &io->ticker, &err);
    if (!s) s = zero_shot(&w, plain, &err);
    if (!s) s = orr_prompt_run(&w, &q, &io->ticker, &r, &err);
    if (!s && with) s = learn_with(&w, args, with, &r, io, &err);
    if (!s && out) s = orr_prompts_save(&r.prompts, out, r.method->name, w.source, &err);
    if (!s && plot) s = orr_prompt_export(&w, &r, plot, &io->ticker, &err);
    if (!s && orr_args_format(args) == ORR_TABLE_JSON) {
        orr_prompt_json(&w, &q, &r, &text);
        print(io, &text);
    } else if (!s && search) {
        struct orr_table t = {0};
        orr_prompt_ledger(&r.prompts, &r, &t);
        orr_cli_print_table(io, args, &t);
        orr_table_free(&t);
        orr_io_say(io, "%s: base %.3f new %.3f harmonic %.3f; zero-shot %.3f %.3f %.3f; %zu parameters, %.1f s", r.method->name,
                   r.score[0], r.score[1], r.score[2], plain[0], plain[1], plain[2], r.parameters, r.seconds);
    } else if (!s) {
        print_scores(args, &w, &r, plain, io);
        orr_io_say(io, "%zu images of each of %d classes, %s", r.shots, q.all ? w.task.classes : w.task.base, w.task.about);
    }
    if (!s) say_unknown(&w, io);
    if (!s && out) orr_io_say(io, "wrote %s", out);
    if (!s && plot) orr_io_say(io, "wrote %s", plot);
    orr_prompt_result_free(&r);
    orr_prompt_world_free(&w);
    orr_clip_free(&clip);
    return s ? orr_cli_fail(io, args->verb, &err) : ORR_EXIT_OK;
}

static int prompt_train(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    return learn(args, io, orr_args_text(args, "method"), false);
}

static int prompt_search(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    return learn(args, io, "prompt-search", true);
}

/* ---- eval ---- */

static enum orr_status score_task(const struct orr_clip *clip, const struct orr_prompts *p, const char *name, const char *method,
                                  struct orr_table *t, size_t row, struct orr_io *io, struct orr_error *err)
{
    struct orr_prompt_world w = {0};
    double plain[ORR_PROMPT_METRICS], score[ORR_PROMPT_METRICS];
    enum orr_status s = orr_prompt_world_open(&w, clip, name, 1, &io->ticker, err);
    if (!s) s = zero_shot(&w, plain, err);
    if (!s) s = orr_prompt_score(&w, p, &io->ticker, score, err);
    if (!s) score_row(t, row, name, "zero-shot", plain);
    if (!s) score_row(t, row + 1, name, method, score);
    orr_prompt_world_free(&w);
    return s;
}

static int prompt_eval(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    struct orr_clip clip = {0};
    struct orr_prompts p = {0};
    struct orr_table t = {0};
    struct orr_error err;
    char method[64], task[64], *own[1] = {task};
    enum orr_status s =
        args->n_operands ? ORR_OK : orr_error_set(&err, ORR_EINVAL, NULL, "name a file of prompts, and the tasks to score on");
    if (!s) s = orr_prompt_encoder(orr_args_text(args, "encoder"), &io->ticker, &clip, &err);
    if (!s) s = orr_prompts_load(args->operand[0], &clip, &p, method, task, &err);
    char *const *tasks = args->n_operands > 1 ? args->operand + 1 : own;
    const size_t n = args->n_operands > 1 ? args->n_operands - 1 : 1;
    if (!s) score_head(&t, 2 * n);
    for (size_t k = 0; k < n && !s; k++) s = score_task(&clip, &p, tasks[k], method, &t, 2 * k, io, &err);
    if (!s) orr_cli_print_table(io, args, &t);
    orr_table_free(&t);
    orr_prompts_free(&p);
    orr_clip_free(&clip);
    return s ? orr_cli_fail(io, args->verb, &err) : ORR_EXIT_OK;
}

/* ---- tasks ---- */

static void task_row(struct orr_table *t, size_t row, const char *name, int classes, const char *phrase, const char *about)
{
    orr_table_set_text(t, row, 0, name);
    if (classes) orr_table_set_number(t, row, 1, classes);
    orr_table_set_text(t, row, 2, phrase);
    orr_table_set_text(t, row, 3, about);
}

static int prompt_tasks(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    static const char *const heads[] = {"task", "classes", "template", "about"};
    const size_t drawn = orr_prompt_drawn_count();
    size_t packaged = 0;
    struct orr_table t = {0};
    while (orr_prompt_packaged[packaged].name) packaged++;
    orr_table_init(&t, drawn + packaged, 4);
    for (size_t c = 0; c < 4; c++) orr_table_column(&t, c, heads[c], c == 1 ? ORR_CELL_INTEGER : ORR_CELL_TEXT);
    for (size_t k = 0; k < drawn; k++) {
        const struct orr_prompt_drawn *d = orr_prompt_drawn(k);
        task_row(&t, k, d->name, d->classes, d->phrase, d->about);
    }
    for (size_t k = 0; k < packaged; k++) {
        const struct orr_prompt_packaged *p = &orr_prompt_packaged[k];
        task_row(&t, drawn + k, p->name, 0, p->phrase, p->about);
    }
    const int code = orr_cli_print_table(io, args, &t);
    orr_table_free(&t);
    return code;
}

/* ---- pretrain ---- */

static void seen(void *ctx, const struct orr_clip_pretrain_report *r)
{
    orr_io_say(ctx, "step %lld of %lld: loss %.4f, right in its batch %.3f, scale %.1f", (long long)r->step, (long long)r->steps,
               r->loss, r->accuracy, r->scale);
}

static int prompt_pretrain(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    struct orr_clip_scores scores;
    struct orr_error err;
    struct orr_clip_pretrain_options o = orr_clip_pretrain_defaults();
    const char *out;
    enum orr_status s = orr_args_out_file(args, &out, &err);
    int steps = (int)o.steps;
    take_int(args, "steps", &steps);
    take_int(args, "batch", &o.batch);
    o.steps = steps;
    if (orr_args_text(args, "lr")) o.lr = orr_args_number(args, "lr");
    o.seed = (uint64_t)orr_args_int(args, "seed");
    o.checkpoint = orr_args_text(args, "checkpoint");
    if (!s && !out) s = orr_error_set(&err, ORR_EINVAL, NULL, "needs --out FILE");
    if (!s) s = orr_clip_ship(&o, out, &io->ticker, seen, io, &scores, &err);
    if (s) return orr_cli_fail(io, args->verb, &err);
    orr_io_say(io, "wrote %s", out);
    struct orr_table t = {0};
    orr_clip_score_table(&scores, &t);
    const int code = orr_cli_print_table(io, args, &t);
    orr_table_free(&t);
    return code;
}

/* ---- tables ---- */

#define ENCODER                                                                                                        \
    {                                                                                                                  \
        "encoder", 'e', ORR_OPT_FILE, "DIR", NULL, "a CLIP folder or an encoder's file (otherwise the shipped one)",   \
            0, 0                                                                                                       \
    }
#define TRAINING                                                                                                              \
    ENCODER, {"shots", 'k', ORR_OPT_INT, "N", "16", "images of each class", 1, ORR_PROMPT_POOL_EACH},                         \
        {"all", 'a', ORR_OPT_FLAG, NULL, NULL, "learn all classes, not the first half", 0, 0},                                \
        {"epochs", 0, ORR_OPT_INT, "N", NULL, "passes over the images (otherwise the default)", 1, ORR_PROMPTS_EPOCHS},       \
        {"batch", 0, ORR_OPT_INT, "N", NULL, "images of a step (otherwise the default)", 1, 64},                              \
        {"lr", 0, ORR_OPT_NUMBER, "X", NULL, "learning rate (otherwise the default)", 1e-9, 100},                             \
        {"distil", 0, ORR_OPT_NUMBER, "W", "0", "weight of KL(prompted || zero-shot) in the loss", 0, 1000},                  \
        {"seed", 's', ORR_OPT_INT, "N", "1", "which images, which prompts to begin with, order of batches", 0, 1e15},         \
        {"longest", 0, ORR_OPT_INT, "N", NULL, "prompts of a layer that a search or random layout may take (otherwise 4)", 1, \
         ORR_PROMPTS_OPTIONS - 1},                                                                                            \
        {"out", 'o', ORR_OPT_FILE, "FILE", NULL, "write the learned prompts (.safetensors)", 0, 0},                           \
        {"plot", 0, ORR_OPT_FILE, "FILE", NULL, "write the ledger (.csv .json .md) or a picture of it (.png .svg .pdf)", 0, 0}

static const struct orr_option train_options[] = {
    {"method", 'm', ORR_OPT_CHOICE,
     "prompt-modular|prompt-search|maple|independent|deep-text|deep-vision|coop|cocoop|uniform|random-layout|linear-"
     "probe|zero-shot",
     "prompt-modular", "what to learn", 0, 0},
    TRAINING,
    {"context", 0, ORR_OPT_INT, "N", NULL, "prompts at the first layer (otherwise the method's: 1, 2 or 4)", 1,
     ORR_PROMPTS_MOST},
    {"add", 0, ORR_OPT_INT, "N", NULL, "prompt-modular: prompts that come at each deeper layer (otherwise 2)", 0,
     ORR_PROMPTS_MOST},
    {"remove", 0, ORR_OPT_INT, "N", NULL, "prompt-modular: prompts that leave at each deeper layer (otherwise 1)", 0,
     ORR_PROMPTS_MOST},
    {"depth", 0, ORR_OPT_INT, "N", NULL, "layers with prompts (otherwise all)", 1, ORR_PROMPTS_LAYERS},
    {"maps", 0, ORR_OPT_CHOICE, "layer|token", NULL, "maple, prompt-modular: linear maps from text to image prompts", 0,
     0},
    {"length", 0, ORR_OPT_INT, "N", NULL, "uniform: prompts of every layer (otherwise 2)", 0, ORR_PROMPTS_OPTIONS - 1},
    {0},
};
static const struct orr_option search_options[] = {
    TRAINING,
    {"with", 'w', ORR_OPT_CHOICE, "deep-text|maple|prompt-modular", NULL,
     "learn this method's prompts in the found layout", 0, 0},
    {0},
};
static const struct orr_option eval_options[] = {ENCODER, {0}};
static const struct orr_option no_options[] = {{0}};
static const struct orr_option pretrain_options[] = {
    {"out", 'o', ORR_OPT_FILE, "FILE", NULL, "the encoder to write (.safetensors, 16-bit weights)", 0, 0},
    {"steps", 0, ORR_OPT_INT, "N", NULL, "steps of AdamW (otherwise the default)", 1, 10000000},
    {"batch", 0, ORR_OPT_INT, "N", NULL, "pairs of a step (otherwise the default)", 2, 4096},
    {"lr", 0, ORR_OPT_NUMBER, "X", NULL, "learning rate (otherwise the default)", 1e-9, 1},
    {"seed", 0, ORR_OPT_INT, "N", "1", "weights, scenes and order", 0, 1e15},
    {"checkpoint", 0, ORR_OPT_FILE, "FILE", NULL, "resume from it where it is there, and write it now and then", 0, 0},
    {0},
};

const struct orr_verb orr_verb_prompt_train = {
    .name = "prompt train",
    .summary = "learn prompts of a dual encoder from a few images per class",
    .operands = "TASK|DIR",
    .details =
        "TASK is one of `orrery prompt tasks` (drawn, synthetic), or a folder of your own with images/CLASS/*.png or "
        ".jpg. "
        "The encoder stays as it is; tokens that are no words are put into its towers and learned by the cross-entropy "
        "of "
        "the scaled cosines. Labels are sorted; prompts are learned from the first half (base) and scored on test "
        "images of it, and on the other half (new), whose classes were never shown; --all learns every class.\n\n"
        "prompt-modular: at each layer `remove` prompts leave, `add` come, the rest is carried on; the image tower's "
        "are "
        "linear maps of the text tower's. maple is the case where all leave. prompt-search finds how many prompts each "
        "layer needs. The first row is the encoder without prompts.",
    .examples = "orrery prompt train shapes\norrery prompt train shapes --method maple --seed 2 --json\n"
                "orrery prompt train ~/photos --all --out photos.safetensors",
    .options = train_options,
    .run = prompt_train,
};

const struct orr_verb orr_verb_prompt_search = {
    .name = "prompt search",
    .summary = "find how many prompts each layer needs, by gradient, then learn them",
    .operands = "TASK|DIR",
    .details =
        "Every layer of both towers mixes the options of 0 to `longest` prompts (as further keys and values) by the "
        "softmax "
        "of its logits alpha. Half of the shots move the prompts, the other half alpha. The likeliest lengths are then "
        "learned afresh on all shots. The table shows each layer's choice with its margin over the second best, and "
        "the "
        "entropy of the weights: a margin near 0 says that noise decided. --json has the weights after every epoch. "
        "--with learns another method's prompts in the found layout.",
    .examples = "orrery prompt search shapes\norrery prompt search shapes --with prompt-modular --json\n"
                "orrery prompt search shapes --plot alpha.png",
    .options = search_options,
    .run = prompt_search,
};

const struct orr_verb orr_verb_prompt_eval = {
    .name = "prompt eval",
    .summary = "score learned prompts on tasks, also on others than the one they come from",
    .operands = "PROMPTS [TASK|DIR...]",
    .details = "PROMPTS is a file of `orrery prompt train --out`; without tasks it is scored on its own. Each task has "
               "two rows: the "
               "encoder without prompts, and with them.",
    .examples = "orrery prompt eval shapes.safetensors colours textures",
    .options = eval_options,
    .run = prompt_eval,
};

const struct orr_verb orr_verb_prompt_tasks = {
    .name = "prompt tasks",
    .summary = "list the tasks that prompts can be learned on",
    .operands = "",
    .details = "Most are drawn from seeds (synthetic), in styles that the shipped encoder never saw; the last ones are "
               "real pictures of "
               "installed packages.",
    .examples = "orrery prompt tasks",
    .options = no_options,
    .run = prompt_tasks,
};

const struct orr_verb orr_verb_prompt_pretrain = {
    .name = "prompt pretrain",
    .summary = "train the small dual encoder anew on captioned scenes",
    .operands = "",
    .details = "Draws scenes with captions (synthetic) and trains a small dual encoder of images and texts by "
               "symmetric InfoNCE, on "
               "one thread; this takes half an hour of processor time. With --checkpoint it can be stopped and goes on "
               "where it "
               "was. Then every task is scored without prompts (zero-shot).",
    .examples = "orrery prompt pretrain --out clip.safetensors --checkpoint clip.checkpoint",
    .options = pretrain_options,
    .run = prompt_pretrain,
};
