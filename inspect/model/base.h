/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Base classes of C++ as parts of an object. */
#include "inspect/model/value.h"

/* The cast of a pointer to a class into one to a base class, or to a class
 * derived from it, which is another address; *ret_is false: it is no
 * such cast.  ERR_ABSENT, ERR_TYPE where the object does not tell it. */
enum err base_cast(const struct value *, const struct type *,
	struct value_ctx *, struct value *ret, bool *ret_is);
