/* What the Search screen holds: a corpus with its index, a question, what each stage made of it, and one table. */
#ifndef ORRERY_VIEWS_SEARCH_STATE_H
#define ORRERY_VIEWS_SEARCH_STATE_H

#include "app/search.h"
#include "tui/screen.h"
#include "tui/task.h"
#include "tui/widgets/table.h"

enum { SEARCH_LIVE = 50 /* tables while typing */, SEARCH_MINI = 5 /* rows of a mini-table */ };

/* An open corpus, held by the screen and by jobs that search it. */
struct search_corpus {
    int holders; /* counted on the UI's thread only */
    struct orr_search search;
};

struct search {
    char *name;   /* of the corpus; NULL: none chosen */
    char **names; /* of all corpora */
    size_t n_names;
    struct search_corpus *corpus; /* NULL: none open yet */
    struct orr_corpus_questions questions;
    char *query; /* what the list below answers; "" at first */
    bool live;   /* the list is of stage 1, while typing */
    struct orr_cascade_options options;
    struct orr_cascade_result result;
    struct orr_table table; /* of the result */
    struct orr_table_widget list;
    struct orr_ui_task *running; /* an opening or a cascade on its way */
    struct orr_error error;
    const char *right;  /* id of the table that answers, where the question is one of the corpus's; NULL */
    size_t right_place; /* in the list; 0: not there */
    /* the table under the cursor */
    struct orr_arena arena; /* of doc */
    struct orr_doc doc;
    bool has_doc;
    uint32_t shown;              /* document */
    float *row, *cell, *heading; /* what of the question each holds (methods/tables/features.h) */
    size_t best[SEARCH_MINI];    /* rows that hold most of it, most first; SIZE_MAX: none */
    bool mini, whole, explain, in_pane, by_stage;
    size_t pane_top;
    float features[ORR_TABLE_FEATURES];
};

/* load.c */
void search_open_corpus(struct orr_ui *ui, struct search *s, const char *name); /* in the background */
void search_refresh_names(struct orr_ui *ui, struct search *s);
void search_ask_live(struct orr_ui *ui, struct search *s, const char *query); /* stage 1, at once */
void search_ask(struct orr_ui *ui, struct search *s, const char *query);      /* the cascade, in the background */
void search_show(struct orr_ui *ui, struct search *s);                        /* the table under the cursor */
void search_forget(struct search *s);
void search_export(struct orr_ui *ui, struct search *s, const char *path);

/* draw.c */
void search_render(struct search *s, struct orr_canvas *c, struct orr_rect r);

/* stages.c */
void search_render_stages(const struct search *s, struct orr_canvas *c, struct orr_rect r); /* side by side */

#endif
