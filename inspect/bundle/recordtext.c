/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is not UTF-8 is a list of bytes; a field that is there twice keeps its
 * first value. */
#include "inspect/bundle/recordtext.h"

#include "inspect/base/cleanup.h"
#include "inspect/base/limits.h"

#include <jansson.h>
#include <string.h>

static json_t *bytes_of_field(const struct record_field *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->n; i++)
		json_array_append_new(
			list, json_integer((unsigned char)f->value[i]));
	return list;
}

const char *recordtext_write(struct arena *a, const struct record *r)
{
	json_t *o = json_object();

	json_object_set_new(
		o, "__CURSOR", json_string(r->cursor ? r->cursor : ""));
	for (size_t i = 0; i < r->n; i++) {
		const struct record_field *f = &r->field[i];
		json_t *v = json_stringn(f->value, f->n);

		if (json_object_get(o, f->name)) {
			json_decref(v);
			continue;
		}
		json_object_set_new(o, f->name, v ? v : bytes_of_field(f));
	}
	_cleanup_(free) char *text = json_dumps(o, JSON_INDENT(1));
	const char *kept = arena_printf(a, "%s\n", text ? text : "{}");
	json_decref(o);
	return kept;
}

static void read_value(
	struct arena *a, const json_t *v, struct record_field *ret)
{
	if (json_is_string(v)) {
		ret->n = json_string_length(v);
		char *copy = arena_alloc(a, ret->n + 1);
		memcpy(copy, json_string_value(v), ret->n);
		ret->value = copy;
		return;
	}
	ret->n = json_array_size(v);
	char *bytes = arena_alloc(a, ret->n + 1);
	for (size_t i = 0; i < ret->n; i++)
		bytes[i] = (char)json_integer_value(json_array_get(v, i));
	ret->value = bytes;
}

struct record *recordtext_read(struct arena *a, const char *text, size_t n)
{
	json_t *o = n <= MAX_BUNDLE_TEXT
			    ? json_loadb(text, n, JSON_ALLOW_NUL, NULL)
			    : NULL;
	struct record *r = NULL;
	size_t cap = 0;
	const char *key;
	json_t *v;

	if (json_is_object(o))
		r = arena_new(a, struct record);
	if (r)
		r->cursor = "";
	json_object_foreach(o, key, v)
	{
		struct record_field f = { .name = arena_strdup(a, key) };

		if (!r || (!json_is_string(v) && !json_is_array(v)))
			continue;
		read_value(a, v, &f);
		if (!strcmp(key, "__CURSOR")) {
			r->cursor = f.value;
			continue;
		}
		r->field = arena_grow(a, r->field, r->n, &cap, sizeof(f));
		r->field[r->n++] = f;
	}
	json_decref(o);
	return r;
}
