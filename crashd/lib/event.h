/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The flight recorder; its functions for programs are in crashd/crashd.h. */
#include "crashd/note.h"

/* Maps the rings and enters them in root.  0 or -errno. */
int crashd_event_map(struct crashd_root *root);
