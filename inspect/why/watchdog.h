/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* A service that its manager ended, because it gave no sign of life. */
#include "inspect/why/rule.h"

/* Of a SIGABRT that somebody else sent; false: it was not a watchdog's. */
bool watchdog_explain(struct rule *);
