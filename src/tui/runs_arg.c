#include "tui/runs_arg.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "tui/screen.h"

enum orr_status orr_ui_runs_arg(struct orr_ui *ui, const char *arg, int64_t **out, size_t *n, struct orr_error *err)
{
    const struct orr_selection *s = orr_ui_selection(ui);
    ORR_VEC(int64_t) runs = {0};
    enum orr_status status = ORR_OK;
    for (const char *p = arg ? arg : ""; status == ORR_OK && *(p += strspn(p, " ,")); p += strcspn(p, " ,")) {
        char *word = orr_xstrndup(p, strcspn(p, " ,"));
        int64_t id;
        status = orr_store_run_find(orr_ui_store(ui), word, &id, err);
        if (status == ORR_OK) ORR_VEC_PUSH(&runs, id);
        free(word);
    }
    for (size_t i = 0; !arg && i < s->n; i++) ORR_VEC_PUSH(&runs, s->runs[i]);
    *out = runs.data;
    *n = runs.len;
    return status;
}
