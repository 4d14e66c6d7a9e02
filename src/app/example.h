/* The example store: the data of datasets/, imported into the user's cache folder. */
#ifndef ORRERY_APP_EXAMPLE_H
#define ORRERY_APP_EXAMPLE_H

#include "app/app.h"

/* datasets/ beside the program (in the source tree: ../datasets, installed: ../share/orrery/datasets), or
 * $ORRERY_DATASETS. NULL when there is none. The caller frees. */
char *orr_example_datasets(void);

/* Brings the example store up to date (created on first use, a second or so) and returns its path:
 * $XDG_CACHE_HOME/orrery/example-HASH.db, by the folder of the datasets. The caller frees *path. ENOTFOUND without datasets. */
enum orr_status orr_example_store(const struct orr_ticker *ticker, char **path, struct orr_error *err);

#endif
