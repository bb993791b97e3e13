/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stack machine of DWARF 5, 2.5, with the operators that compilers and
 * linkers put into .eh_frame: for PLT entries, signal trampolines and realigned
 * stacks.  Anything else is an error, and the walk goes on by other means.
 */
#include "crashd/safe/expr.h"

#include <errno.h>
#include <stdbool.h>

#include "crashd/safe/cursor.h"
#include "crashd/safe/peek.h"

enum {
	MAX_STACK = 32,
	MAX_OPS = 256,
};

struct stack {
	uint64_t v[MAX_STACK];
	int n;
	bool bad;
};

static void push(struct stack *s, uint64_t v)
{
	if (s->n == MAX_STACK)
		s->bad = true;
	else
		s->v[s->n++] = v;
}

static uint64_t pop(struct stack *s)
{
	if (!s->n) {
		s->bad = true;
		return 0;
	}
	return s->v[--s->n];
}

static uint64_t register_value(
	struct stack *s, const struct crashd_regs *regs, uint64_t n)
{
	if (n >= CRASHD_REGS || !(regs->known >> n & 1)) {
		s->bad = true;
		return 0;
	}
	return regs->v[n];
}

/* Operators of two operands, b on top of the stack. */
static bool binary(uint8_t op, uint64_t a, uint64_t b, uint64_t *ret)
{
	int64_t sa = (int64_t)a, sb = (int64_t)b;

	switch (op) {
	case 0x1a:
		*ret = a & b;
		return true;
	case 0x1c:
		*ret = a - b;
		return true;
	case 0x1e:
		*ret = a * b;
		return true;
	case 0x21:
		*ret = a | b;
		return true;
	case 0x22:
		*ret = a + b;
		return true;
	case 0x24:
		*ret = b < 64 ? a << b : 0;
		return true;
	case 0x25:
		*ret = b < 64 ? a >> b : 0;
		return true;
	case 0x26:
		*ret = (uint64_t)(sa >> (b < 64 ? b : 63));
		return true;
	case 0x27:
		*ret = a ^ b;
		return true;
	case 0x29:
		*ret = a == b;
		return true;
	case 0x2a:
		*ret = sa >= sb;
		return true;
	case 0x2b:
		*ret = sa > sb;
		return true;
	case 0x2c:
		*ret = sa <= sb;
		return true;
	case 0x2d:
		*ret = sa < sb;
		return true;
	case 0x2e:
		*ret = a != b;
		return true;
	}
	return false;
}

static void swap(struct stack *s)
{
	uint64_t b = pop(s), a = pop(s);

	push(s, b);
	push(s, a);
}

/* One operator that is neither a literal, a register nor a binary. */
static void operate(struct stack *s, struct crashd_cursor *c, uint8_t op)
{
	uint64_t v;
	int64_t skip;

	switch (op) {
	case 0x03: /* addr */
	case 0x0e: /* const8u */
	case 0x0f: /* const8s */
		push(s, crashd_cursor_bytes(c, 8));
		break;
	case 0x06: /* deref */
		if (!crashd_peek_u64(pop(s), &v))
			s->bad = true;
		push(s, v);
		break;
	case 0x08:
		push(s, crashd_cursor_u8(c));
		break;
	case 0x09:
		push(s, (uint64_t)(int8_t)crashd_cursor_u8(c));
		break;
	case 0x0a:
		push(s, crashd_cursor_bytes(c, 2));
		break;
	case 0x0b:
		push(s, (uint64_t)(int16_t)crashd_cursor_bytes(c, 2));
		break;
	case 0x0c:
		push(s, crashd_cursor_bytes(c, 4));
		break;
	case 0x0d:
		push(s, (uint64_t)(int32_t)crashd_cursor_bytes(c, 4));
		break;
	case 0x10:
		push(s, crashd_cursor_uleb(c));
		break;
	case 0x11:
		push(s, (uint64_t)crashd_cursor_sleb(c));
		break;
	case 0x12: /* dup */
		v = pop(s);
		push(s, v);
		push(s, v);
		break;
	case 0x13: /* drop */
		pop(s);
		break;
	case 0x16:
		swap(s);
		break;
	case 0x1f: /* neg */
		push(s, -pop(s));
		break;
	case 0x20: /* not */
		push(s, ~pop(s));
		break;
	case 0x23: /* plus_uconst */
		push(s, pop(s) + crashd_cursor_uleb(c));
		break;
	case 0x28: /* bra */
	case 0x2f: /* skip */
		skip = (int16_t)crashd_cursor_bytes(c, 2);
		if (op == 0x2f || pop(s))
			c->at += (uint64_t)skip;
		break;
	case 0x96: /* nop */
		break;
	default:
		s->bad = true;
	}
}

int crashd_expr_evaluate(uint64_t start, uint32_t size,
	const struct crashd_regs *regs, const uint64_t *initial, uint64_t *ret)
{
	struct stack s = { .n = 0 };
	struct crashd_cursor c;
	int ops = 0;

	crashd_cursor_init(&c, start, start + size);
	if (initial)
		push(&s, *initial);
	while (c.at != c.end && !c.bad && !s.bad) {
		uint8_t op = crashd_cursor_u8(&c);
		uint64_t v;

		if (++ops > MAX_OPS || c.at < start)
			return -EINVAL;
		if (op >= 0x30 && op <= 0x4f) { /* lit0… */
			push(&s, op - 0x30U);
		} else if (op >= 0x70 && op <= 0x8f) { /* breg0… */
			v = register_value(&s, regs, op - 0x70U);
			push(&s, v + (uint64_t)crashd_cursor_sleb(&c));
		} else if (op == 0x92) { /* bregx */
			v = register_value(&s, regs, crashd_cursor_uleb(&c));
			push(&s, v + (uint64_t)crashd_cursor_sleb(&c));
		} else if (op >= 0x1a && op <= 0x2e && s.n >= 2 &&
			   binary(op, s.v[s.n - 2], s.v[s.n - 1], &v)) {
			s.n -= 2;
			push(&s, v);
		} else {
			operate(&s, &c, op);
		}
	}
	*ret = pop(&s);
	return c.bad || s.bad ? -EFAULT : 0;
}
