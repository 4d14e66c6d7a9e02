#include "methods/tables/ranker.h"
const struct orr_table_ranker orr_table_ranker_shipped = {{1}};
