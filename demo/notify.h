/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What the server tells the manager that started it as a service
 * (coworkingapp.service).  Nothing happens where there is none.
 */
#include <stdbool.h>

/* Reads what the manager has put into the environment. */
void notify_open(void);

/* One message: lines like "READY=1"; see sd_notify(3). */
void notify_send(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * How long, in seconds, the manager waits for a sign of life before it kills
 * us; 0: it does not.
 */
double notify_patience(void);
