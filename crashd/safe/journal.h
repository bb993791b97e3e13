/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The report as a record of systemd's journal, when crashd-report, which sends
 * a better one, did not make it.
 */
struct crashd_crash;

/* Of what crashd_crash.copy has.  0, or -errno: then there is none. */
int crashd_journal_send(struct crashd_crash *);
