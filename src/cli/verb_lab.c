/* orrery lab train: real training in C, recorded as a run. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/lab.h"
#include "base/json.h"
#include "cli/verbs.h"

static enum orr_status read_options(const struct orr_args *a, struct orr_lab_job *job, struct orr_error *err)
{
    struct orr_train_options *t = &job->train;
    enum orr_optim_kind kind;
    *t = orr_train_defaults();
    enum orr_status s = orr_lab_parse_optim(orr_args_text(a, "optim"), &kind, err);
    if (s) return s;
    t->optim = orr_optim_defaults(kind, orr_args_number(a, "lr"));
    if (orr_args_text(a, "weight-decay")) t->optim.weight_decay = orr_args_number(a, "weight-decay");
    if (orr_args_text(a, "momentum")) t->optim.momentum = orr_args_number(a, "momentum");
    t->optim.warmup = (int)orr_args_int(a, "warmup");
    t->optim.clip_norm = orr_args_number(a, "clip");
    t->arch = orr_args_text(a, "arch");
    t->batch = (int)orr_args_int(a, "batch");
    t->epochs = (int)orr_args_int(a, "epochs");
    t->seed = (uint64_t)orr_args_int(a, "seed");
    t->log_every = (int)orr_args_int(a, "log-every");
    t->moments = orr_args_flag(a, "moments");
    job->data = orr_args_text(a, "data");
    job->name = orr_args_text(a, "name");
    job->group = orr_args_text(a, "group");
    job->checkpoint = orr_args_text(a, "checkpoint");
    s = orr_lab_parse_schedule(orr_args_text(a, "schedule"), &t->optim.schedule, err);
    return s ? s : orr_lab_parse_weights(orr_args_text(a, "weights"), &t->weights, &t->weights_every, err);
}

static enum orr_status read_jump(const struct orr_args *a, struct orr_lab_job *job, struct orr_error *err)
{
    struct orr_jump_options *o = &job->train.jump;
    const char *method = orr_args_text(a, "jump");
    const int jumps = (int)orr_args_int(a, "jumps");
    if (!strcmp(method, "none")) return ORR_OK;
    o->method = method;
    o->ungated = orr_args_flag(a, "ungated");
    o->zero_momentum = orr_args_flag(a, "zero-momentum");
    job->jump_model = orr_args_text(a, "jump-model");
    enum orr_status s = orr_jump_parse_at(orr_args_text(a, "at"), o, err);
    if (!s && jumps > 1) s = orr_jump_repeat(o, jumps, err);
    return s ? s : orr_jump_parse_horizon(orr_args_text(a, "horizon"), o, err);
}

/* "the last of 3 jumps, at step 720: accepted ..." */
static void say_jump(const struct orr_train_state *st, struct orr_io *io)
{
    struct orr_str text = {0};
    orr_jump_append_results(&st->jump, 1, &text);
    orr_io_say(io, "%zu of %zu jumps accepted; the last, at step %s", st->jumps_accepted, st->jumps, orr_str_c(&text));
    orr_str_free(&text);
}

static int lab_train(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_lab_job job = {0};
    struct orr_train_state st = {0};
    struct orr_error err;
    int64_t run;
    enum orr_status s = read_options(args, &job, &err);
    if (!s) s = read_jump(args, &job, &err);
    if (!s) s = orr_app_lab_train(app, &job, &io->ticker, &run, &st, &err);
    if (s && s != ORR_ECANCELLED) return orr_cli_fail(io, args->verb, &err);
    if (s == ORR_ECANCELLED) orr_io_say(io, "stopped after epoch %d of %d; the run is stored", st.epoch, st.epochs);
    if (st.jumps) say_jump(&st, io);
    struct orr_table t = {0};
    orr_table_init(&t, 1, 10);
    const struct {
        const char *name;
        double x;
    } cells[] = {{"run", (double)run},
                 {"epochs", st.epoch},
                 {"parameters", (double)st.parameters},
                 {"train_loss", st.train_loss},
                 {"train_accuracy", st.train_accuracy},
                 {"val_loss", st.validation_loss},
                 {"val_accuracy", st.validation_accuracy},
                 {"jumps", (double)st.jumps},
                 {"jumps_accepted", (double)st.jumps_accepted}};
    for (size_t i = 0; i < 9; i++) {
        orr_table_column(&t, i, cells[i].name, i < 3 || i > 6 ? ORR_CELL_INTEGER : ORR_CELL_NUMBER);
        orr_table_set_number(&t, 0, i, cells[i].x);
    }
    orr_table_column(&t, 9, "state", ORR_CELL_TEXT);
    orr_table_set_text(&t, 0, 9, st.diverged ? "diverged" : s ? "stopped" : "finished");
    struct orr_str out = {0};
    orr_table_print(&t, orr_args_format(args), io->width, &out);
    fputs(orr_str_c(&out), io->out);
    orr_str_free(&out);
    orr_table_free(&t);
    return s ? ORR_EXIT_INTERRUPTED : ORR_EXIT_OK;
}

static const struct orr_option options[] = {
    {"data", 'd', ORR_OPT_TEXT, "NAME", "digits",
     "data set: fashion-mnist[:SIDE[:TRAIN]], digits, iris, wine, breast_cancer, diabetes, linear2d[:N], spirals, rings, "
     "shapes, textures, land-cover, litter (each [:SIDE[:TRAIN]][:grey]; drawn, synthetic), "
     "text[:FILE][:CONTEXT[:EXAMPLES]], csv:FILE[:TARGET]",
     0, 0},
    {"arch", 'a', ORR_OPT_TEXT, "SPEC", "mlp:64",
     "architecture: linear, mlp:64-32[:ACT][:dropout=P], cnn[:16-32-64], cell:ABCDEF[:C], resnet8[:C], gru[:H], "
     "lm:D:LAYERS:HEADS[:untied] (text)",
     0, 0},
    {"optim", 'o', ORR_OPT_CHOICE, "sgd|momentum|rmsprop|adam|adamw", "adam", "optimiser", 0, 0},
    {"lr", 0, ORR_OPT_NUMBER, "X", "1e-3", "learning rate", 1e-12, 1e6},
    {"momentum", 0, ORR_OPT_NUMBER, "X", NULL, "of the momentum optimiser (0.9)", 0, 1},
    {"weight-decay", 0, ORR_OPT_NUMBER, "X", NULL, "decoupled for adamw (0.01 there), else L2 (0)", 0, 100},
    {"schedule", 0, ORR_OPT_CHOICE, "constant|linear|cosine|step|exponential", "constant", "of the learning rate", 0,
     0},
    {"warmup", 0, ORR_OPT_INT, "STEPS", "0", "steps of linear warm-up", 0, 1e9},
    {"clip", 0, ORR_OPT_NUMBER, "NORM", "0", "largest gradient norm; 0: no clipping", 0, 1e9},
    {"batch", 'b', ORR_OPT_INT, "N", "64", "samples per step", 1, 1e6},
    {"epochs", 'e', ORR_OPT_INT, "N", "10", "passes over the training set", 1, 1e6},
    {"seed", 's', ORR_OPT_INT, "N", "1", "seed of weights, order and dropout", 0, 1e15},
    {"weights", 'w', ORR_OPT_TEXT, "WHEN", "none",
     "snapshots of the weights: none, every:epoch, every:N:epochs, every:N:steps", 0, 0},
    {"moments", 0, ORR_OPT_FLAG, NULL, NULL, "the optimiser's moments with every snapshot", 0, 0},
    {"log-every", 0, ORR_OPT_INT, "STEPS", "0", "steps between points of batch/loss; 0: epochs only", 0, 1e9},
    {"jump", 'j', ORR_OPT_CHOICE,
     "none|persistence|linear|quadratic|dmd|farcast|flow|flow-loss|dlinear|nlinear|lstm|transformer|introspection|wnn", "none",
     "jump-start: forecast the weights by this method and train on from there, where the validation loss allows", 0, 0},
    {"at", 0, ORR_OPT_TEXT, "SHARES", "20%", "with --jump: when, in shares of training: 20% or 20%,40%", 0, 0},
    {"jumps", 0, ORR_OPT_INT, "N", "1", "with --jump: so many, at multiples of --at", 1, ORR_JUMPS_MAX},
    {"horizon", 0, ORR_OPT_TEXT, "SHARE", "end", "with --jump: how far the forecast looks ahead: 30% of training, or end", 0, 0},
    {"jump-model", 0, ORR_OPT_FILE, "FILE", NULL, "with --jump: a fitted forecaster instead of the one shipped", 0, 0},
    {"ungated", 0, ORR_OPT_FLAG, NULL, NULL, "with --jump: go the whole way to the forecast, whatever the loss", 0, 0},
    {"zero-momentum", 0, ORR_OPT_FLAG, NULL, NULL, "with --jump: forget first moments after an accepted jump", 0, 0},
    {"name", 0, ORR_OPT_TEXT, "TEXT", NULL, "name of the run", 0, 0},
    {"group", 0, ORR_OPT_TEXT, "TEXT", NULL, "group of the run", 0, 0},
    {"checkpoint", 0, ORR_OPT_FILE, "FILE", NULL, "saved after every epoch; gone on from when it exists", 0, 0},
    {0},
};

const struct orr_verb orr_verb_lab_train = {
    .name = "lab train",
    .summary = "train a network and record it as a run",
    .operands = "",
    .details = "Trains in C on a data set of the installed packages, of yours or drawn, and stores metrics per epoch, "
               "configuration, architecture graph and, with --weights, weight snapshots. The same seed gives the same "
               "run. Training the same configuration again replaces the run. Ctrl-C stops at the last whole epoch.\n\n"
               "--jump METHOD jump-starts training: at --at of it the path of the weights so far is forecast to the end (or "
               "--horizon ahead), and the weights w + s (forecast - w) are tried on validation samples (256, or 1% of all samples that training sees): s = 1, then 2, 4, 8 as long as "
               "each lowers the loss; where 2 does not, 1/2, 1/4, 1/8. The best of them is taken if its loss is not above "
               "that before; else the weights are put back and training goes on, byte for byte, as if nothing had been "
               "tried. The number of steps and the schedule stay as they are. The optimiser keeps its moments (zeroing the first "
               "ones, --zero-momentum, saved a little less in orrery eval weights --jump). The run records jump/scale (0: "
               "refused), jump/loss_before and jump/loss_after by step, and a summary as configuration `jumps`.",
    .examples =
        "orrery lab train --data digits --arch mlp:64 --epochs 30\n"
        "orrery lab train --data fashion-mnist --arch cnn --epochs 5 --batch 128\n"
        "orrery lab train --data text:32:2000 --arch lm:32:2:2 --lr 3e-3 --epochs 10\n"
        "orrery lab train --data litter:24:4000 --arch cnn:16-32-64 --epochs 15\n"
        "orrery lab train --data spirals --arch mlp:32-32:tanh --lr 1e-2 --epochs 100 --weights every:epoch\n"
        "orrery lab train --data digits --arch mlp:64 --optim sgd --lr 1e-2 --epochs 40 --jump flow --at 20%",
    .options = options,
    .writes_store = true,
    .run = lab_train,
};
