/* Language models of one's own: WordNet's lines, vocabularies learned, training that goes on, folders that others read. */
#include "aid_folder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "aid_store.h"
#include "app/lm.h"
#include "methods/lm/lm.h"
#include "text/decoder.h"
#include "text/pieces_learn.h"

static struct orr_error err;

static void write_file(const char *name, const char *text) { aid_file_write(name, text, strlen(text)); }

static const char NOUNS[] =
    "  1 a licence of lines that begin with a blank  \n"
    "00000100 03 n 01 entity 0 001 ~ 00000200 n 0000 | what is; \"an entity!\"  \n"
    "00000200 03 n 02 big_cat 0 cat 1 001 @ 00000100 n 0000 | a large feline; the \"king\" of beasts; \"the cat ran\"; \"cats run\"  \n"
    "00000300 03 n 01 tiger 0 001 @ 00000200 n 0000 | striped  \n";

static void small_wordnet(struct orr_wordnet *w, const char *nouns, enum orr_status want)
{
    write_file("wn/data.noun", nouns);
    write_file("wn/data.verb", "00000100 29 v 01 run 0 000 01 + 02 00 | move fast  \n");
    write_file("wn/data.adj", "00000100 00 s 02 elect(ip) 0 a_la_carte(p) 0 001 & 00000200 a 0000 | chosen  \n"
                              "00000200 00 a 01 selected 0 000 | picked  \n");
    char folder[256];
    snprintf(folder, sizeof folder, "%s", aid_file_write("wn/data.adv", "", 0));
    *strrchr(folder, '/') = '\0';
    *w = (struct orr_wordnet){0};
    ck_assert_int_eq(orr_wordnet_read(folder, NULL, w, &err), want);
}

START_TEST(synsets_have_their_words_definition_examples_and_kin)
{
    struct orr_wordnet w;
    small_wordnet(&w, NOUNS, ORR_OK);
    ck_assert_uint_eq(w.synsets.len, 6);
    const struct orr_synset *cat = &w.synsets.data[1], *elect = &w.synsets.data[4];
    ck_assert_str_eq(cat->definition, "a large feline; the \"king\" of beasts");
    ck_assert_uint_eq(cat->n_words, 2);
    ck_assert_str_eq(orr_wordnet_word(&w, cat, 0), "big cat");
    ck_assert_uint_eq(cat->n_examples, 2);
    ck_assert_str_eq(w.examples.data[cat->example + 1], "cats run");
    ck_assert_int_eq(cat->kin, 0);
    ck_assert_int_eq(w.synsets.data[2].kin, 1);
    ck_assert_str_eq(orr_wordnet_word(&w, elect, 0), "elect"); /* without its mark of place */
    ck_assert_int_eq(elect->kin, 5);
    ck_assert_int_eq(w.synsets.data[3].kin, -1);
    orr_wordnet_free(&w);
}
END_TEST

START_TEST(lines_that_are_no_synsets_are_named_by_file_and_line)
{
    static const char *const bad[] = {"00000100 03 n 01 entity 0 001 ~ 00000200 n 0000 what is\n", "x | y\n",
                                      "00000100 03 n 09 entity 0 | what\n", "00000100 03 n 00 000 | nothing\n",
                                      "00000100 03 n ff a 0 | what\n", "00000100 03 n 01 a 0 999 @ | what\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct orr_wordnet w;
        small_wordnet(&w, bad[i], ORR_EFORMAT);
        ck_assert_ptr_nonnull(strstr(err.where, "data.noun:1"));
        orr_wordnet_free(&w);
    }
}
END_TEST

struct heard {
    struct orr_str text;
};
static void hear(void *ctx, const char *prompt, const char *const *answers, size_t n)
{
    struct heard *h = ctx;
    orr_str_printf(&h->text, "%s", prompt);
    for (size_t i = 0; i < n; i++) orr_str_printf(&h->text, "%s%s", i ? "|" : " ", answers[i]);
    orr_str_append_char(&h->text, '\n');
}

START_TEST(a_line_tells_nothing_of_synsets_that_are_held_back)
{
    struct orr_wordnet w;
    struct heard h = {{0}};
    const struct orr_lm_texts to = {&h, hear};
    small_wordnet(&w, NOUNS, ORR_OK);
    for (size_t i = 0; i < w.synsets.len; i++) w.synsets.data[i].part = ORR_WORDNET_TRAIN;
    w.synsets.data[0].part = ORR_WORDNET_TEST;
    orr_lm_wordnet(&w, ORR_WORDNET_TRAIN, false, &to);
    ck_assert_str_eq(orr_str_c(&h.text),
                     "a large feline; the \"king\" of beasts: big cat|cat\nthe ____ ran: cat\n" /* its kin is held back */
                     "striped: tiger\ntiger, a kind of: big cat|cat\nmove fast: run\nchosen: elect|a la carte\n"
                     "picked: selected\n");
    orr_str_clear(&h.text);
    orr_lm_wordnet(&w, ORR_WORDNET_TEST, true, &to);
    ck_assert_str_eq(orr_str_c(&h.text), "what is: entity\n");
    orr_str_free(&h.text);
    orr_wordnet_free(&w);
}
END_TEST

/* ---- vocabularies ---- */

static struct orr_pieces *learned(const char *text, int vocab, struct orr_str *json)
{
    struct orr_pieces_learner *l = orr_pieces_learner_new();
    struct orr_pieces *p;
    orr_pieces_learner_add(l, text, strlen(text));
    ck_assert_int_eq(orr_pieces_learner_write(l, vocab, NULL, json, &err), ORR_OK);
    orr_pieces_learner_free(l);
    ck_assert_msg(orr_pieces_open(aid_file_write("tokenizer.json", json->data, json->len), 0, &p, &err) == ORR_OK, "%s: %s",
                  err.where, err.message);
    return p;
}

START_TEST(the_commonest_pair_merges_first_and_any_bytes_come_back)
{
    struct orr_str json = {0}, back = {0};
    struct orr_pieces *p = learned("low low low lower lowest", 260, &json); /* 257 and three merges */
    struct orr_tokens t = {0};
    ck_assert_int_eq(orr_pieces_count(p), 260);
    ck_assert_int_eq(orr_pieces_begin(p), 0);
    ck_assert_int_eq(orr_pieces_end(p), 0);
    orr_pieces_encode(p, "low low", 7, true, &t);
    ck_assert_uint_eq(t.len, 3); /* begin, "low", " low" */
    t.len = 0;
    static const char any[] = "\xff\x00 caf\xc3\xa9 \xf0\x9f\x98\x80\xcc\x81\xfe";
    orr_pieces_encode(p, any, sizeof any - 1, false, &t);
    for (size_t i = 0; i < t.len; i++) orr_pieces_decode(p, t.data[i], false, &back);
    ck_assert_uint_eq(back.len, sizeof any - 1);
    ck_assert_mem_eq(back.data, any, back.len);
    free(t.data);
    orr_str_free(&json);
    orr_str_free(&back);
    orr_pieces_free(p);
}
END_TEST

START_TEST(a_vocabulary_ends_where_nothing_occurs_twice)
{
    struct orr_str json = {0};
    struct orr_pieces *p = learned("abab", 1000, &json); /* "ab", then "abab" occurs once */
    ck_assert_int_eq(orr_pieces_count(p), 258);
    orr_pieces_free(p);
    orr_str_free(&json);
    struct orr_pieces_learner *l = orr_pieces_learner_new();
    ck_assert_int_eq(orr_pieces_learner_write(l, 100, NULL, &json, &err), ORR_EINVAL);
    orr_pieces_learner_free(l);
}
END_TEST

/* ---- training ---- */

struct corpus {
    struct orr_str tokenizer;
    struct orr_pieces *pieces;
    struct orr_lm_lines lines;
    struct orr_lm_config config;
};

static void make_corpus(struct corpus *c)
{
    struct orr_wordnet w;
    *c = (struct corpus){.config = {.dim = 16, .layers = 2, .heads = 2, .hidden = 48, .context = 64}};
    small_wordnet(&w, NOUNS, ORR_OK);
    for (size_t i = 0; i < w.synsets.len; i++) w.synsets.data[i].part = ORR_WORDNET_TRAIN;
    c->pieces = learned("a large feline: big cat striped: tiger big cat tiger", 270, &c->tokenizer);
    c->config.vocab = orr_pieces_count(c->pieces);
    orr_lm_lines_wordnet(&c->lines, &w, ORR_WORDNET_TRAIN, false, c->pieces, 64);
    ck_assert_uint_eq(c->lines.items.len, 10);
    orr_wordnet_free(&w);
}
static void drop_corpus(struct corpus *c)
{
    orr_lm_lines_free(&c->lines);
    orr_pieces_free(c->pieces);
    orr_str_free(&c->tokenizer);
}

static struct orr_lm_options few(int steps)
{
    struct orr_lm_options o = orr_lm_defaults();
    o.steps = steps;
    o.warmup = 5;
    o.batch = 60;
    o.lr = 1e-2;
    return o;
}

START_TEST(a_few_lines_are_learned_by_heart)
{
    struct corpus c;
    make_corpus(&c);
    const struct orr_lm_options o = few(150);
    struct orr_lm_trainer *t = orr_lm_trainer_new(&c.config, &o, &c.lines);
    double before, after, accuracy, loss;
    ck_assert_int_eq(orr_lm_evaluate(orr_lm_trainer_model(t), &c.lines, 10, NULL, &before, &accuracy, &err), ORR_OK);
    for (int i = 0; i < o.steps; i++) ck_assert_int_eq(orr_lm_trainer_run(t, &loss, &err), ORR_OK);
    ck_assert_int_eq(orr_lm_evaluate(orr_lm_trainer_model(t), &c.lines, 10, NULL, &after, &accuracy, &err), ORR_OK);
    ck_assert(before > 4 && after < 0.5);
    ck_assert(accuracy > 0.5); /* of lines with two answers the first one */
    orr_lm_trainer_free(t);
    drop_corpus(&c);
}
END_TEST

START_TEST(a_training_goes_on_from_its_checkpoint_as_if_it_had_never_stopped)
{
    struct corpus c;
    make_corpus(&c);
    const struct orr_lm_options o = few(20);
    struct orr_lm_trainer *whole = orr_lm_trainer_new(&c.config, &o, &c.lines),
                          *first = orr_lm_trainer_new(&c.config, &o, &c.lines),
                          *second = orr_lm_trainer_new(&c.config, &o, &c.lines);
    const char *path = aid_file_write("checkpoint", "", 0);
    double loss;
    for (int i = 0; i < 20; i++) orr_lm_trainer_run(whole, &loss, &err);
    for (int i = 0; i < 7; i++) orr_lm_trainer_run(first, &loss, &err);
    ck_assert_int_eq(orr_lm_trainer_save(first, path, &err), ORR_OK);
    ck_assert_int_eq(orr_lm_trainer_load(second, path, &err), ORR_OK);
    ck_assert_int_eq(orr_lm_trainer_step(second), 7);
    for (int i = 7; i < 20; i++) orr_lm_trainer_run(second, &loss, &err);
    const struct orr_params *a = &orr_lm_trainer_model(whole)->params, *b = &orr_lm_trainer_model(second)->params;
    ck_assert_uint_eq(a->n, b->n);
    ck_assert_mem_eq(a->value, b->value, a->n * sizeof *a->value);
    ck_assert_uint_eq(orr_lm_trainer_tokens(whole), orr_lm_trainer_tokens(second));

    struct orr_lm_options other = o;
    other.seed = 2;
    struct orr_lm_trainer *foreign = orr_lm_trainer_new(&c.config, &other, &c.lines);
    ck_assert_int_eq(orr_lm_trainer_load(foreign, path, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_lm_trainer_load(foreign, aid_file_write("junk", "junk", 4), &err), ORR_EFORMAT);
    orr_lm_trainer_free(whole);
    orr_lm_trainer_free(first);
    orr_lm_trainer_free(second);
    orr_lm_trainer_free(foreign);
    drop_corpus(&c);
}
END_TEST

START_TEST(the_folder_that_is_written_is_read_as_the_same_network)
{
    struct corpus c;
    make_corpus(&c);
    const struct orr_lm_options o = few(40);
    struct orr_lm_trainer *t = orr_lm_trainer_new(&c.config, &o, &c.lines);
    struct orr_tape *tape = orr_tape_new();
    struct orr_decoder *m;
    struct orr_decoder_state *state;
    struct orr_tokens tokens = {0};
    char folder[256];
    double loss;
    for (int i = 0; i < o.steps; i++) orr_lm_trainer_run(t, &loss, &err);
    snprintf(folder, sizeof folder, "%s", aid_file_write("model/x", "", 0));
    *strrchr(folder, '/') = '\0';
    static const char *const metadata[] = {"seed", "1", NULL};
    ck_assert_int_eq(orr_lm_write(orr_lm_trainer_model(t), folder, orr_str_c(&c.tokenizer), metadata, &err), ORR_OK);
    ck_assert_msg(orr_decoder_open(folder, NULL, &m, &err) == ORR_OK, "%s: %s", err.where, err.message);
    ck_assert_int_eq(orr_decoder_state_new(m, 0, &state, &err), ORR_OK);
    orr_pieces_encode(c.pieces, "a large feline: big cat", 23, true, &tokens);
    const int vocab = c.config.vocab;
    float *logits = malloc((size_t)vocab * sizeof *logits);
    ck_assert_int_eq(orr_decoder_read(state, tokens.data, (int)tokens.len, logits, &err), ORR_OK);
    const int32_t first[] = {0, (int32_t)tokens.len};
    const struct orr_lm *lm = orr_lm_trainer_model(t);
    const struct orr_var *own = orr_lm_logits(lm, tape, orr_lm_states(lm, tape, tokens.data, first, 1));
    for (int i = 0; i < vocab; i++) /* half precision keeps eleven bits */
        ck_assert(fabs((double)logits[i] - (double)own->value[((int)tokens.len - 1) * vocab + i]) < 2e-2);
    free(logits);
    free(tokens.data);
    orr_decoder_state_free(state);
    orr_decoder_free(m);
    orr_tape_free(tape);
    orr_lm_trainer_free(t);
    drop_corpus(&c);
}
END_TEST

START_TEST(architectures_are_three_numbers_that_fit)
{
    struct orr_lm_config c;
    ck_assert_int_eq(orr_lm_parse("160:4:5", &c, &err), ORR_OK);
    ck_assert_int_eq(c.hidden, 432);
    static const char *const bad[] = {"", "160", "160:4", "160:4:7", "160:4:5:1", "4:1:1", "160:0:5", "160:4:0", "9999:1:1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(orr_lm_parse(bad[i], &c, &err) == ORR_EINVAL, "%s", bad[i]);
}
END_TEST

START_TEST(the_rate_rises_stays_and_falls_to_nothing)
{
    const struct orr_lm_options o = {.lr = 1, .steps = 100, .warmup = 10, .cooldown = 0.4};
    ck_assert_double_eq_tol(orr_lm_rate(&o, 0), 0.1, 1e-12);
    ck_assert_double_eq_tol(orr_lm_rate(&o, 30), 1, 1e-12);
    ck_assert_double_eq_tol(orr_lm_rate(&o, 80), 0.5, 1e-12);
    ck_assert_double_eq_tol(orr_lm_rate(&o, 100), 0, 1e-12);
}
END_TEST

/* ---- as a run of the store ---- */

struct stopping {
    int64_t at;
};
static bool stop_at(void *ctx, const struct orr_progress *p)
{
    const struct stopping *s = ctx;
    return strcmp(p->what, "training") != 0 || (int64_t)p->done < s->at;
}

static int64_t points_of(struct orr_store *store, int64_t run, const char *series, int64_t *last)
{
    struct orr_series s;
    ck_assert_int_eq(orr_store_series_find(store, run, series, &s, &err), ORR_OK);
    *last = s.last_step;
    return s.n;
}

START_TEST(a_training_is_a_run_that_is_stopped_and_taken_up_again)
{
    struct aid_store a = aid_store_new();
    struct orr_app app = {.store = a.store, .store_path = a.path};
    struct orr_lm_job job = orr_lm_job_defaults();
    struct orr_lm_outcome o;
    struct orr_wordnet w;
    struct orr_decoder *m;
    struct stopping stop = {45};
    const struct orr_ticker ticker = {stop_at, &stop};
    char folder[256], out[300], checkpoint[300];
    struct orr_str nouns = {0}; /* enough of them that some are held back */
    for (int i = 0; i < 120; i++)
        orr_str_printf(&nouns, "%08d 03 n 01 thing%d 0 000 | a thing that is %d of all  \n", 1000 + i, i, i * i);
    small_wordnet(&w, nouns.data, ORR_OK);
    orr_wordnet_free(&w);
    orr_str_free(&nouns);
    snprintf(folder, sizeof folder, "%s", aid_file_write("wn/x", "", 0));
    *strrchr(folder, '/') = '\0';
    snprintf(out, sizeof out, "%s/model", folder);
    snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint", folder);
    job.wordnet = folder;
    job.out = out;
    job.arch = "16:1:2";
    job.vocab = 300;
    job.checkpoint = checkpoint;
    job.checkpoint_every = 20;
    job.evaluate_every = 30;
    job.train.steps = 80;
    job.train.batch = 40;
    ck_assert_int_eq(orr_app_lm_train(&app, &job, &ticker, &o, &err), ORR_ECANCELLED);
    ck_assert_int_eq(o.step, 45);
    ck_assert_int_eq(orr_decoder_open(out, NULL, &m, &err) == ORR_OK, false); /* nothing half done */
    int64_t last;
    ck_assert_int_eq(points_of(a.store, o.run, "train/loss", &last), 2);
    const int64_t run = o.run;
    ck_assert_msg(orr_app_lm_train(&app, &job, NULL, &o, &err) == ORR_OK, "%s: %s", err.where, err.message);
    ck_assert_int_eq(o.run, run);
    ck_assert_int_eq(o.step, 80);
    ck_assert_int_eq(points_of(a.store, run, "train/loss", &last), 4); /* every 20 steps, none twice */
    ck_assert_int_eq(last, 80);
    ck_assert_int_eq(points_of(a.store, run, "validation/loss", &last), 3); /* 30, 60 and the end */
    ck_assert_int_eq(orr_decoder_open(out, NULL, &m, &err), ORR_OK);
    orr_decoder_free(m);
    struct orr_table t = {0};
    ck_assert_int_eq(orr_app_lm_list(folder, &t, &err), ORR_OK);
    ck_assert_uint_eq(t.rows, 1);
    orr_table_free(&t);
    job.arch = "16:1";
    ck_assert_int_eq(orr_app_lm_train(&app, &job, NULL, &o, &err), ORR_EINVAL);
    job.arch = "16:1:2";
    job.wordnet = "/nowhere";
    ck_assert_int_ne(orr_app_lm_train(&app, &job, NULL, &o, &err), ORR_OK);
    aid_store_end(&a);
}
END_TEST

ORR_SUITE_IN_FOLDER("language models", synsets_have_their_words_definition_examples_and_kin,
                    lines_that_are_no_synsets_are_named_by_file_and_line,
                    a_line_tells_nothing_of_synsets_that_are_held_back,
                    the_commonest_pair_merges_first_and_any_bytes_come_back,
                    a_vocabulary_ends_where_nothing_occurs_twice, a_few_lines_are_learned_by_heart,
                    a_training_goes_on_from_its_checkpoint_as_if_it_had_never_stopped,
                    the_folder_that_is_written_is_read_as_the_same_network, architectures_are_three_numbers_that_fit,
                    the_rate_rises_stays_and_falls_to_nothing, a_training_is_a_run_that_is_stopped_and_taken_up_again)
