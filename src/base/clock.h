/* The clocks: two to measure by, one to date by. */
#ifndef ORRERY_BASE_CLOCK_H
#define ORRERY_BASE_CLOCK_H

double orr_clock_now(void);  /* seconds since some moment; never goes back, whatever happens to the time of day */
double orr_clock_cpu(void);  /* seconds of processor time that this thread has used */
double orr_clock_wall(void); /* seconds since 1970-01-01 UTC */

#endif
