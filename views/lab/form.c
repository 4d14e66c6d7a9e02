/* Lab: the form of a new run, filled by recipes. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/shell.h"
#include "base/str.h"
#include "views/lab/state.h"

/* A recipe fills the rows after it, up to what is recorded. */
struct recipe {
    const char *name, *about, *value[LAB_RECORD];
};
static const struct recipe recipes[] = {
    {"spirals mlp",
     "two spirals, drawn here; live in seconds",
     {"spirals", "mlp:32-32:tanh", "adam", "0.01", "constant", "32", "200", "1", "none"}},
    {"rings mlp",
     "rings within rings, drawn here; live in seconds",
     {"rings", "mlp:16", "adam", "0.01", "constant", "32", "100", "1", "every:epoch"}},
    {"digits mlp",
     "8x8 digits; 97% in a few seconds",
     {"digits", "mlp:64", "adam", "0.001", "constant", "64", "50", "1", "none"}},
    {"digits cnn",
     "8x8 digits with convolutions; half a minute",
     {"digits", "cnn:16-32", "adam", "0.002", "cosine", "64", "30", "1", "none"}},
    {"fashion mlp",
     "clothes, 28x28; 88% in a minute or two",
     {"fashion-mnist", "mlp:256-128", "adam", "0.001", "cosine", "128", "10", "1", "none"}},
    {"fashion cnn",
     "clothes, 28x28; 90% in minutes",
     {"fashion-mnist", "cnn", "adam", "0.001", "cosine", "128", "5", "1", "none"}},
    {"fashion small",
     "10,000 clothes of 14x14, a residual network",
     {"fashion-mnist:14:10000", "resnet8:8", "adamw", "0.002", "cosine", "64", "10", "1", "none"}},
    {"diabetes mlp",
     "regression: no accuracy, a loss alone",
     {"diabetes", "mlp:32", "adam", "0.001", "constant", "32", "100", "1", "none"}},
    {"shapes cnn",
     "eight shapes, drawn here (synthetic), with convolutions; half a minute",
     {"shapes:16:2000", "cnn:16-32-64", "adam", "0.002", "cosine", "32", "20", "1", "none"}},
    {"glosses lm",
     "a small language model on WordNet's glosses, byte by byte; a minute or less",
     {"text:32:5000", "lm:32:2:2", "adam", "0.003", "cosine", "32", "20", "1", "none"}},
};
enum { RECIPES = sizeof recipes / sizeof *recipes };

/* Rows with choices offer values; others may be typed. */
static const struct orr_param rows[LAB_ROWS] = {
    {"recipe", ORR_PARAM_CHOICE, NULL, 0, 0, NULL, "", NULL},
    {"data", ORR_PARAM_CHOICE, NULL, 0, 0, NULL,
     "spirals|rings|linear2d|shapes:16:2000|textures:16:2000|land-cover:16:2000|litter:24:2000|"
     "digits|iris|wine|breast_cancer|diabetes|text:32:5000|fashion-mnist|"
     "fashion-mnist:14:10000",
     "data set; t types another: csv:FILE[:TARGET], text:FILE, litter:32:8000, fashion-mnist:SIDE:TRAIN"},
    {"network", ORR_PARAM_CHOICE, NULL, 0, 0, NULL,
     "mlp:16|mlp:64|mlp:32-32:tanh|mlp:256-128|cnn|cnn:16-32|resnet8:8|gru:32|linear|lm:32:2:2",
     "t types another: mlp:64-32:gelu:dropout=0.1, cnn:8-16, cell:333333:8, resnet8:16, gru:64"},
    {"optimiser", ORR_PARAM_CHOICE, NULL, 0, 0, NULL, "sgd|momentum|rmsprop|adam|adamw",
     "how steps follow from gradients"},
    {"learning rate", ORR_PARAM_REAL, NULL, 1e-5, 10, NULL, NULL, "+ and - change it while the run trains, too"},
    {"schedule", ORR_PARAM_CHOICE, NULL, 0, 0, NULL, "constant|linear|cosine", "of the learning rate over the run"},
    {"batch", ORR_PARAM_CHOICE, NULL, 0, 0, "samples", "8|16|32|64|128|256|512", "samples per step; t types another"},
    {"epochs", ORR_PARAM_CHOICE, NULL, 0, 0, NULL, "2|5|10|20|30|50|100|200|500",
     "passes over the data; t types another"},
    {"seed", ORR_PARAM_INT, NULL, 0, 1e9, NULL, NULL, "of first weights, order and dropout"},
    {"record weights", ORR_PARAM_CHOICE, NULL, 0, 0, NULL, "none|every:epoch|every:10:epochs|every:100:steps",
     "snapshots of all weights into the store"},
    {"jump-start", ORR_PARAM_CHOICE, NULL, 0, 0, NULL, "none|flow|farcast|linear|quadratic|dmd|persistence|flow-loss",
     "forecast the weights and train on from there, where the validation loss allows"},
    {"jump at", ORR_PARAM_CHOICE, NULL, 0, 0, "of training", "20%|10%|40%|20%,40%|20%,40%,60%",
     "when jumps are tried; t types others, like 15%,30%"},
};

static bool is_open(size_t row)
{
    return row == LAB_DATA || row == LAB_ARCH || row == LAB_BATCH || row == LAB_EPOCHS || row == LAB_RECORD ||
           row == LAB_JUMP_AT;
}

static void text_of(const struct lab *s, size_t row, char out[160])
{
    struct orr_str text = {0};
    if (row == LAB_LR)
        orr_str_append_double(&text, s->form.values[row]);
    else
        orr_form_text(&s->form, row, &text);
    snprintf(out, 160, "%s", orr_str_c(&text));
    orr_str_free(&text);
}

/* A value that is not among the choices becomes one. */
static bool put(struct lab *s, size_t row, const char *text)
{
    const size_t before = s->form.row;
    s->form.row = row;
    bool ok = orr_form_set(&s->form, text);
    const size_t used = strlen(s->choices[row]);
    if (!ok && is_open(row) && *text && !strchr(text, '|') && used + strlen(text) + 2 < sizeof s->choices[row]) {
        snprintf(s->choices[row] + used, sizeof s->choices[row] - used, "|%s", text);
        ok = orr_form_set(&s->form, text);
    }
    s->form.row = before;
    return ok;
}

static void check(struct lab *s)
{
    char data[160];
    struct orr_lab_job job;
    char text[4][160];
    text_of(s, LAB_DATA, data);
    s->error = (struct orr_error){0};
    if (lab_form_job(s, &job, text, &s->error)) orr_dataset_present(data, &s->error);
}

static void take_recipe(struct lab *s)
{
    const struct recipe *r = &recipes[(int)s->form.values[LAB_RECIPE]];
    s->recipe = s->form.values[LAB_RECIPE];
    s->params[LAB_RECIPE].help = r->about;
    for (size_t i = 1; i <= LAB_RECORD; i++) put(s, i, r->value[i - 1]);
}

void lab_form_init(struct lab *s)
{
    memcpy(s->params, rows, sizeof rows);
    for (size_t i = 0; i < LAB_ROWS; i++) {
        if (rows[i].choices) snprintf(s->choices[i], sizeof s->choices[i], "%s", rows[i].choices);
        if (rows[i].choices) s->params[i].choices = s->choices[i];
    }
    for (size_t i = 0, n = 0; i < RECIPES; i++)
        n += (size_t)snprintf(s->choices[0] + n, sizeof s->choices[0] - n, "%s%s", i ? "|" : "", recipes[i].name);
    orr_form_init(&s->form, s->params);
    take_recipe(s);
    check(s);
}

void lab_form_fork(struct lab *s, const struct lab_session *from)
{
    const struct orr_lab_job *job = orr_lab_session_job(from->session);
    const struct orr_train_options *o = &job->train;
    char number[32];
    orr_lab_session_free(s->parent);
    s->parent = orr_lab_session_share(from->session);
    snprintf(s->parent_name, sizeof s->parent_name, "%s", from->name);
    put(s, LAB_DATA, job->data);
    put(s, LAB_ARCH, o->arch);
    put(s, LAB_OPTIM, orr_lab_optim_name(o->optim.kind));
    orr_format_double(orr_lab_session_lr(from->session), number);
    put(s, LAB_LR, number);
    snprintf(number, sizeof number, "%d", o->batch);
    put(s, LAB_BATCH, number);
    snprintf(number, sizeof number, "%d", o->epochs);
    put(s, LAB_EPOCHS, number);
    snprintf(number, sizeof number, "%" PRIu64, o->seed + 1);
    put(s, LAB_SEED, number);
    put(s, LAB_JUMP, o->jump.method ? o->jump.method : "none");
    s->form.row = LAB_LR;
    check(s);
}

static bool is_fixed(const struct lab *s, size_t row) { return s->parent && row <= LAB_ARCH; }

void lab_form_key(struct lab *s, int steps)
{
    if (is_fixed(s, s->form.row)) return;
    if (s->form.row == LAB_LR)
        s->form.values[LAB_LR] = fmin(fmax(lab_next_lr(s->form.values[LAB_LR], steps), 1e-5), 10);
    else
        orr_form_step(&s->form, steps);
    if (s->form.values[LAB_RECIPE] != s->recipe) take_recipe(s);
    check(s);
}

void lab_form_set(struct orr_ui *ui, struct lab *s, const char *text)
{
    if (is_fixed(s, s->form.row)) {
        orr_ui_message(ui, ORR_COLOR_WARN, "a fork has the data and the network of its parent");
        return;
    }
    if (!put(s, s->form.row, text)) orr_ui_message(ui, ORR_COLOR_WARN, "'%s' is no %s", text, rows[s->form.row].name);
    if (s->form.values[LAB_RECIPE] != s->recipe) take_recipe(s);
    check(s);
}

static bool positive(const char *text, const char *what, int *out, struct orr_error *err)
{
    int64_t x;
    if (orr_parse_int64(text, strlen(text), &x) && x >= 1 && x <= 1000000) {
        *out = (int)x;
        return true;
    }
    orr_error_set(err, ORR_EINVAL, what, "'%s' is no whole number from 1 to 1,000,000", text);
    return false;
}

/* text holds what the job points to. */
bool lab_form_job(struct lab *s, struct orr_lab_job *job, char text[4][160], struct orr_error *err)
{
    char word[160];
    enum orr_optim_kind kind;
    *job = (struct orr_lab_job){.live = true, .train = orr_train_defaults()};
    struct orr_train_options *o = &job->train;
    text_of(s, LAB_DATA, text[0]);
    text_of(s, LAB_ARCH, text[1]);
    job->data = text[0];
    o->arch = text[1];
    text_of(s, LAB_OPTIM, word);
    if (orr_lab_parse_optim(word, &kind, err)) return false;
    o->optim = orr_optim_defaults(kind, s->form.values[LAB_LR]);
    text_of(s, LAB_SCHEDULE, word);
    if (orr_lab_parse_schedule(word, &o->optim.schedule, err)) return false;
    text_of(s, LAB_BATCH, word);
    if (!positive(word, "batch", &o->batch, err)) return false;
    text_of(s, LAB_EPOCHS, word);
    if (!positive(word, "epochs", &o->epochs, err)) return false;
    o->seed = (uint64_t)s->form.values[LAB_SEED];
    text_of(s, LAB_RECORD, text[2]);
    if (orr_lab_parse_weights(text[2], &o->weights, &o->weights_every, err)) return false;
    text_of(s, LAB_JUMP, text[3]);
    if (!strcmp(text[3], "none")) return true;
    o->jump.method = text[3];
    text_of(s, LAB_JUMP_AT, word);
    return orr_jump_parse_at(word, &o->jump, err) == ORR_OK;
}

void lab_form_command(struct lab *s, struct orr_str *out)
{
    struct orr_lab_job job;
    char text[4][160];
    if (!lab_form_job(s, &job, text, NULL)) return;
    lab_watch_command(&job, out);
    if (strcmp(text[2], "none")) orr_str_append(out, " --weights"), orr_shell_append(out, text[2]);
}

void lab_form_render(struct lab *s, struct orr_canvas *c, struct orr_rect r)
{
    const struct orr_style title = {.fg = ORR_COLOR_ACCENT, .attr = ORR_BOLD}, dim = {.fg = ORR_COLOR_DIM};
    const int margin = r.w > 100 ? (r.w - 90) / 3 : r.w > 60 ? 2 : 0, top = r.h > LAB_ROWS + 8 ? 2 : 0;
    struct orr_rect in = {r.x + margin, r.y + top, r.w - margin > 90 ? 90 : r.w - margin, r.h - top};
    if (in.h > 6) {
        if (s->parent)
            orr_canvas_printf(c, in.x + 1, in.y, in.w - 1, title, "Fork %s", s->parent_name);
        else
            orr_canvas_text(c, in.x + 1, in.y, in.w - 1, "Train a network here, in C, and record it as a run", title);
        const int gap = in.h > LAB_ROWS + 4 ? 2 : 1;
        in.y += gap;
        in.h -= gap;
    }
    const int notes = in.h >= 6 ? (in.h > LAB_ROWS + 3 ? 3 : 1) : 0;
    const struct orr_rect form = {in.x, in.y, in.w, in.h - notes < LAB_ROWS + 2 ? in.h - notes : LAB_ROWS + 2};
    orr_form_render(&s->form, c, form);
    if (!notes) return;
    const int y = form.y + form.h + (notes > 1);
    if (s->error.code)
        orr_canvas_printf(c, in.x + 1, y, in.w - 1, (struct orr_style){.fg = ORR_COLOR_WARN}, "%s: %s", s->error.where,
                          s->error.message);
    else
        orr_canvas_text(c, in.x + 1, y, in.w - 1,
                        s->parent ? "Enter trains on from its weights   h l change   t types   Esc goes back"
                                  : "Enter trains   h l change   t types a value   o optimisers race",
                        dim);
}
