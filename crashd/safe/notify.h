/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Words to the manager of the service that the process is, as sd_notify(3). */
#include <stddef.h>

/*
 * To crashd_config.notify; never waits.  0 or -errno: then the manager has not
 * heard it, and nothing else is different.
 */
int crashd_notify(const char *message, size_t n);
