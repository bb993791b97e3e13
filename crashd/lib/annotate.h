/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The page of annotations; crashd_annotate() itself is in crashd/crashd.h. */
#include "crashd/note.h"

/* Maps it and enters it in root.  0 or -errno. */
int crashd_annotate_map(struct crashd_root *root);
