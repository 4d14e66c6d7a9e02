/* orrery select: which candidate of a pool a language model means, from one forward pass. */
#include <stdlib.h>
#include <sys/stat.h>

#include "app/lm.h"
#include "app/select.h"
#include "app/select_figure.h"
#include "cli/verbs.h"

static void print(const struct orr_select *s, const struct orr_args *args, const struct orr_select_result *r,
                  struct orr_io *io)
{
    double scoring = 0;
    if (orr_args_format(args) == ORR_TABLE_JSON) {
        struct orr_str text = {0};
        orr_select_json(s, args->operand[1], r, &text);
        fwrite(orr_str_c(&text), 1, text.len, io->out);
        orr_str_free(&text);
    } else {
        struct orr_table t = {0};
        orr_select_table(s, r, &t);
        orr_cli_print_table(io, args, &t);
        orr_table_free(&t);
    }
    for (size_t i = 0; i < r->n_rankings; i++)
        if (r->ranking[i].estimator < ORR_EST_LIKELIHOOD) scoring += r->ranking[i].seconds;
    orr_io_say(io, "%zu candidates of %zu tokens; pass %.1f ms, all one-pass estimators %.1f ms",
               orr_select_pool(s)->text.len, orr_select_pool(s)->token.len, 1e3 * r->pass_seconds, 1e3 * scoring);
    if (r->decoded.len) orr_io_say(io, "decoded: %s", r->decoded.data);
}

/* The store, where the pool may be one of its: for writing, so that tokens are kept, else for reading, else not at all. */
static void open_store(struct orr_app *app, const char *pool)
{
    struct stat st;
    if (*pool == '=' || stat(pool, &st) == 0 || stat(app->store_path, &st) != 0) return;
    if (orr_store_open(app->store_path, ORR_STORE_WRITE, &app->store, NULL))
        orr_store_open(app->store_path, ORR_STORE_READ, &app->store, NULL);
}

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_error err;
    if (args->n_operands != 2) {
        orr_error_set(&err, ORR_EINVAL, NULL, "give a pool, and a prompt");
        return orr_cli_fail(io, args->verb, &err);
    }
    char *shipped = orr_args_text(args, "model") || orr_args_text(args, "logits") ? NULL : orr_lm_shipped();
    open_store(app, args->operand[0]);
    const struct orr_select_source src = {.pool = args->operand[0],
                                          .store = app->store,
                                          .model = shipped ? shipped : orr_args_text(args, "model"),
                                          .tokenizer = orr_args_text(args, "tokenizer"),
                                          .prior = orr_args_text(args, "prior"),
                                          .logits = orr_args_text(args, "logits"),
                                          .column = orr_args_text(args, "column")};
    const struct orr_select_options o = {.exact = orr_args_flag(args, "exact"),
                                         .decode = orr_args_flag(args, "decode"),
                                         .k = (size_t)orr_args_int(args, "k"),
                                         .seed = (uint64_t)orr_args_int(args, "seed")};
    struct orr_select *select = NULL;
    struct orr_select_result r = {0};
    enum orr_status s = orr_select_open(&src, &io->ticker, &select, &err);
    if (!s) s = orr_select_ask(select, args->operand[1], &o, &io->ticker, &r, &err);
    if (!s) print(select, args, &r, io);
    orr_select_result_free(&r);
    orr_select_close(select);
    free(shipped);
    return s ? orr_cli_fail(io, args->verb, &err) : ORR_EXIT_OK;
}

static const struct orr_option options[] = {
    {"model", 'm', ORR_OPT_FILE, "MODEL", NULL,
     "a llama2.c file, or a folder of the LLaMA or GPT-2 family (safetensors); otherwise the shipped one", 0, 0},
    {"tokenizer", 't', ORR_OPT_FILE, "FILE", NULL, "its tokenizer (otherwise the one beside the model)", 0, 0},
    {"logits", 0, ORR_OPT_FILE, "FILE.npy", NULL, "logits of the next token, dumped from any model, instead of a pass",
     0, 0},
    {"column", 'c', ORR_OPT_TEXT, "NAME|N", NULL,
     "column of a .csv or .tsv pool: a name in its header, or a number where there is none (otherwise 1)", 0, 0},
    {"k", 'k', ORR_OPT_INT, "N", "10", "candidates to print for each estimator", 1, 1000000},
    {"exact", 'x', ORR_OPT_FLAG, NULL, NULL, "also the likelihood of every candidate, its shared beginnings read once",
     0, 0},
    {"decode", 'd', ORR_OPT_FLAG, NULL, NULL, "also decode greedily and take the candidate nearest to the text", 0, 0},
    {"prior", 0, ORR_OPT_TEXT, "PROMPT", NULL,
     "what corrected and pmi take off is expected after this prompt, such as ':' (otherwise after an empty one; the shipped model: ':')", 0, 0},
    {"seed", 0, ORR_OPT_INT, "N", "1", "draws the tokens of sample_average", 0, 1e15},
    {0},
};

const struct orr_verb orr_verb_select = {
    .name = "select",
    .summary = "rank the candidates of a pool by what a language model expects",
    .operands = "POOL PROMPT",
    .details = "POOL is a pool of the store (orrery pool add); a file with a candidate per line, or a .csv, .tsv or .jsonl with "
               "one per row; wordnet or wordnet:N, the words of WordNet or N of them; or =A,B,C, the candidates "
               "themselves.\n\n"
               "One forward pass reads the prompt; the estimators score every candidate from its logits: first, last, "
               "average and sum of the candidate's tokens, the mean of a sample of five, the sum of log probabilities, an "
               "average weighted by inverse document frequency, and one corrected by what the model expects without a "
               "prompt. --exact adds the likelihood of every whole candidate (by token, by byte, and less the one without "
               "a prompt), --decode a decoded text. Method: arXiv 2501.17338.\n\n"
               "The shipped model (orrery lm show) knows WordNet: it expects a definition and a colon, and means the word.",
    .examples = "orrery select '=tiger,house cat,dog' 'large striped feline of forests in Asia:'\n"
                "orrery select wordnet 'a place where books are kept:' --exact\n"
                "orrery select codes.txt 'The patient has a broken arm. Code:' --model stories260K.bin\n"
                "orrery select codes.csv --column description 'Diagnosis:' --model gpt2/ --exact --json",
    .options = options,
    .run = run,
};

static int export_figure(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_error err;
    const char *out = orr_args_text(args, "out");
    (void)app;
    enum orr_status s = out ? ORR_OK : orr_error_set(&err, ORR_EINVAL, NULL, "name a file: --out accuracy.svg");
    if (!s)
        s = orr_select_figure_export(orr_args_text(args, "model"), (size_t)orr_args_int(args, "questions"),
                                     orr_args_flag(args, "calibration"), out, &io->ticker, &err);
    if (s) return orr_cli_fail(io, args->verb, &err);
    orr_cli_say_written(args, io, out);
    return ORR_EXIT_OK;
}

static const struct orr_option export_options[] = {
    {"out", 'o', ORR_OPT_FILE, "FILE", NULL, "the file to write: .png .svg .pdf .csv .json .md", 0, 0},
    {"calibration", 0, ORR_OPT_FLAG, NULL, NULL, "how far probabilities can be believed, instead of accuracy by pool size", 0,
     0},
    {"model", 'm', ORR_OPT_FILE, "MODEL", NULL, "ask this model (otherwise the shipped one)", 0, 0},
    {"questions", 'n', ORR_OPT_INT, "N", "100", "definitions to ask", 1, 5000},
    {0},
};

const struct orr_verb orr_verb_export_select = {
    .name = "export select",
    .summary = "draw how often the word of a definition comes first, by pool size, or how far probabilities can be believed",
    .operands = "",
    .details = "Asks the definitions of WordNet synsets that were held back from the model, as `orrery eval select` does: pools "
               "of 5 (sister words), 100, 1000, 10000 and 50000 words. --calibration: pools of five, answers in ten bins by "
               "the probability of the first candidate; error is the expected calibration error.",
    .examples = "orrery export select --out accuracy.svg\norrery export select --calibration --out calibration.png -n 400",
    .options = export_options,
    .run = export_figure,
};
