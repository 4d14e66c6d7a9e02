/* A disk that fails on demand: SQLite's file layer with a countdown of writes, syncs and truncations. */
#ifndef ORRERY_TESTS_AID_FAULTS_H
#define ORRERY_TESTS_AID_FAULTS_H

#include <stdbool.h>

/* Every store opened from now on goes through it. */
void aid_faults_install(void);
void aid_faults_remove(void);

/* The `nth` operation from now (from 1 on) fails with `rc`; with `for_good` all later ones too. 0 disarms. */
void aid_faults_arm(int nth, int rc, bool for_good);
bool aid_faults_met(void); /* since it was armed */

#endif
