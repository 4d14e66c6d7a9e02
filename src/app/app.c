#include "app/app.h"

#include <stdio.h>

#include "app/columns.h"

void orr_app_log(struct orr_app *app, const char *command)
{
    FILE *log = app->command_log;
    if (!log) return;
    fprintf(log, "%s\n", command);
    fflush(log); /* a session that ends badly keeps its log */
}

void orr_app_close(struct orr_app *app)
{
    orr_run_frame_free(app->frame);
    orr_store_close(app->store);
    *app = (struct orr_app){0};
}
