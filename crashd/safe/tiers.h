/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The threads, by the best means that works; the report says which one, and
 * why not the better ones:
 *
 *  1  crashd-report, a process of its own: names, lines, arguments
 *  2  a child that shares our memory and ptraces our threads
 *  3  the handler itself: its own thread, and of the others what /proc says
 */
struct crashd_crash;

void crashd_tiers(struct crashd_crash *);
/* Tier 3 in two parts: the thread of the signal, and the others. */
void crashd_tiers_own(struct crashd_crash *, const char *why);
void crashd_tiers_others(struct crashd_crash *);
