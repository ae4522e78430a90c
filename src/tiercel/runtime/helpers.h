/* What native code calls for an operation: see `symbol=` in graph/ops.py.

   Truth values are ints.  Operands are borrowed, object results are new references.  The comment says how a function
   fails; one that says nothing cannot, short of memory, which is fatal where nobody could be told. */

#ifndef TIERCEL_HELPERS_H
#define TIERCEL_HELPERS_H

#include "tiercel.h"

/* -- helpers_number.c -- */
PyObject *tc_box_i64(int64_t value);
PyObject *tc_box_u64(uint64_t value);
int tc_check_floats(PyThreadState *ts);
PyObject *tc_box_f64(double value);
PyObject *tc_box_number(int64_t is_int, double value);
void tc_dealloc(PyObject *object);
int tc_unbox_i64(PyObject *object, int64_t *result);         /* 0: it does not fit */
int tc_i64_pow(int64_t base, int64_t exponent, int64_t *result);   /* 0: overflow or a negative exponent */
int tc_long_to_f64(PyObject *object, double *result);        /* 0: it would raise */
int tc_number_to_f64(PyObject *object, double *result);      /* 0: neither float nor an int that is a double */
int64_t tc_long_low_bits(PyObject *object);
PyObject *tc_long_add(PyObject *a, PyObject *b);             /* these: NULL and an exception */
PyObject *tc_long_sub(PyObject *a, PyObject *b);
PyObject *tc_long_mul(PyObject *a, PyObject *b);
PyObject *tc_long_floordiv(PyObject *a, PyObject *b);
PyObject *tc_long_mod(PyObject *a, PyObject *b);
PyObject *tc_long_and(PyObject *a, PyObject *b);
PyObject *tc_long_or(PyObject *a, PyObject *b);
PyObject *tc_long_xor(PyObject *a, PyObject *b);
PyObject *tc_long_lshift(PyObject *a, PyObject *b);
PyObject *tc_long_rshift(PyObject *a, PyObject *b);
PyObject *tc_long_pow(PyObject *a, PyObject *b);
PyObject *tc_int_of_str(PyObject *text);                     /* the same */
PyObject *tc_power(PyObject *a, PyObject *b);
PyObject *tc_inplace_power(PyObject *a, PyObject *b);
int tc_long_lt(PyObject *a, PyObject *b);
int tc_long_le(PyObject *a, PyObject *b);
int tc_long_eq(PyObject *a, PyObject *b);
int tc_long_ne(PyObject *a, PyObject *b);
int tc_long_gt(PyObject *a, PyObject *b);
int tc_long_ge(PyObject *a, PyObject *b);
/* Boxes the number into the slot and releases what it held; one like it that nobody else holds is overwritten. */
void tc_store_f64(PyObject **slot, double value);
void tc_store_i64(PyObject **slot, int64_t value);
double tc_f64_floordiv(double a, double b);
double tc_f64_mod(double a, double b);
int64_t tc_range_length(int64_t start, int64_t stop, int64_t step);   /* -1: it does not fit */
PyObject *tc_range_new(int64_t start, int64_t stop, int64_t step);

/* -- resume.c -- */
PyObject *tc_send(PyObject *iterator);       /* as tc_next; what it ended with is then to be had once, by the other one */
PyObject *tc_send_result(void);
int tc_is_unstarted(PyObject *object);       /* a generator or coroutine that has not run yet */
int tc_is_awaitable(PyObject *object);       /* else `await` raises before it calls anything, and `object` is no async iterator */
int tc_tracks_origins(void);                 /* whether new coroutines note where they are made */

/* -- helpers_container.c -- */
void tc_list_append(PyObject *list, PyObject *item);
PyObject *tc_list_repeat(PyObject *item, int64_t count);
void tc_list_reverse(PyObject *list);
void tc_list_insert(PyObject *list, int64_t index, PyObject *item);
PyObject *tc_list_pop(PyObject *list, int64_t index);
PyObject *tc_list_concat(PyObject *a, PyObject *b);
/* `taken`: whether the reference to `list` is taken over. */
PyObject *tc_list_join(PyObject *others, PyObject *list, int taken);
PyObject *tc_list_join_slice(PyObject *source, int64_t low, int64_t high, PyObject *list, int taken);
void tc_list_extend_list(PyObject *list, PyObject *other);
int tc_list_extend(PyObject *list, PyObject *iterable);      /* -1 and an exception */
/* `stolen`: a bit for each item whose reference the container takes over. */
PyObject *tc_list_new(PyObject *const *items, int64_t count, uint64_t stolen);
PyObject *tc_tuple_new(PyObject *const *items, int64_t count, uint64_t stolen);
PyObject *tc_str_from_code(int64_t code);
int64_t tc_str_item(PyObject *string, int64_t index);
int tc_str_eq(PyObject *a, PyObject *b);
int tc_str_has(PyObject *string, PyObject *part);
PyObject *tc_str_slice(PyObject *string, int64_t low, int64_t high);
PyObject *tc_bytes_slice(PyObject *bytes, int64_t low, int64_t high);
PyObject *tc_build_string(PyObject *const *items, int64_t count);     /* NULL and an exception */
PyObject *tc_format_simple(PyObject *value);                 /* NULL and an exception */
/* What an instance of a class with inline values has itself: borrowed, NULL where the code must leave; `hint` is the
   number of the entry in its dict, if it has one. */
PyObject *tc_own_load(PyObject *object, PyObject *name, int64_t index, int64_t hint);
/* Over a value that is set, which is returned with its reference. */
PyObject *tc_own_store(PyObject *object, PyObject *name, int64_t index, int64_t hint, PyObject *value);
PyObject *tc_own_set(PyObject *object, PyObject *name, PyObject *value);
int tc_own_lacks(PyObject *object, PyObject *name);
PyObject *tc_dict_get(PyObject *dict, PyObject *key);        /* NULL and an exception */
int tc_dict_set_simple(PyObject *dict, PyObject *key, PyObject *value);
PyObject *tc_dict_new(PyObject *const *items, int64_t count);    /* keys and values in turn; NULL and an exception */
PyObject *tc_set_new(PyObject *const *items, int64_t count);     /* NULL and an exception */
PyObject *tc_unpack_sequence(PyObject *sequence, int64_t count); /* NULL and an exception */
PyObject *tc_unpack_ex(PyObject *iterable, int64_t before, int64_t after);   /* the same */
PyObject *tc_list_of_tuple(PyObject *tuple, int64_t low, int64_t high);
PyObject *tc_next(PyObject *iterator);                       /* NULL and an exception; &tc_exhausted at the end */

int tc_dict_update(PyObject *dict, PyObject *mapping);       /* these three: -1 and an exception */
int tc_dict_merge(PyObject *dict, PyObject *mapping, PyObject *callable);
int tc_set_update(PyObject *set, PyObject *iterable);

PyObject *tc_builtin_method_new(PyObject *method, PyObject *self);     /* of a method descriptor; never NULL */

/* -- lookup.c -- */
/* Of a simple key.  These never raise; NULL or -1: missing, or only code of the program can tell. */
PyObject *tc_dict_get_simple(PyObject *dict, PyObject *key);
/* These: only code of the program can tell. */
PyObject *tc_dict_get_or(PyObject *dict, PyObject *key, PyObject *missing);
int tc_dict_has_simple(PyObject *dict, PyObject *key);
int tc_set_has_simple(PyObject *set, PyObject *key);
int tc_set_add_simple(PyObject *set, PyObject *key);
int tc_set_within(PyObject *items, PyObject *set);
PyObject *tc_least(PyObject *items);                         /* of a list, tuple or set; NULL also if it is empty */
PyObject *tc_greatest(PyObject *items);
Py_hash_t tc_hash(PyObject *object);                         /* of any object: -1 and an exception */
int tc_sequence_has(PyObject *sequence, PyObject *item);     /* a list or tuple */
int tc_check_lookup(void);                                   /* 0: tables are laid out otherwise */

/* -- exceptions.c -- */
void tc_raise(PyObject *exc, PyObject *cause);               /* an exception is set afterwards; cause may be NULL */
PyObject *tc_push_exc_info(PyThreadState *ts, PyObject *exc);                   /* what was handled before, or None */
PyObject *tc_pop_except(PyThreadState *ts, PyObject *before, int64_t stolen);   /* what was handled, perhaps NULL */
int tc_exc_matches(PyObject *exc, PyObject *type);
int tc_check_exc_match(PyObject *exc, PyObject *wanted);     /* -1 and an exception */
PyObject *tc_exc_traceback(PyObject *exc);
PyObject *tc_super_attr(PyObject *cls, PyObject *object, PyObject *name); /* NULL and an exception */
PyObject *tc_load_special(PyObject *object, PyObject *name); /* NULL and an exception */

/* -- iterators.c -- */
int tc_list_take_slice(PyObject *list, int64_t low, int64_t high, PyObject *value);
int tc_list_move_slice(PyObject *list, int64_t low, int64_t high, PyObject *source, int64_t start, int64_t stop, int64_t step);
PyObject *tc_list_slice_step(PyObject *list, int64_t start, int64_t stop, int64_t step);
PyObject *tc_iterate(PyObject *sequence);
PyObject *tc_sequence_iter_new(PyObject *sequence, int64_t index);
PyObject *tc_range_iter_new(int64_t start, int64_t step, int64_t length);

/* -- generators.c: generator objects that are made, or taken apart -- */
PyObject *tc_generator_new(PyObject *func, int64_t point, PyObject *const *slots, int64_t count);
int tc_generator_at(PyObject *object, PyObject *code, PyObject *globals, int64_t point, int64_t bound);
PyObject *tc_generator_slot(PyObject *object, int64_t index);
PyObject *tc_generator_function(PyObject *object);

/* -- helpers_language.c -- */
int tc_instance_of(PyObject *object, PyObject *cls);         /* -1: only code of the program can tell */
PyObject *tc_import_from(PyObject *module, PyObject *name);  /* NULL: no plain module, or not in its namespace */
/* These: NULL and an exception. */
PyObject *tc_match_class(PyObject *subject, PyObject *cls, PyObject *names, int64_t positional);
PyObject *tc_match_keys(PyObject *mapping, PyObject *keys);
PyObject *tc_check_eg_match(PyObject *exc, PyObject *wanted);      /* what does not match, and what does */
PyObject *tc_intrinsic_1(PyObject *value, int64_t number);
PyObject *tc_intrinsic_2(PyObject *value, PyObject *other, int64_t number);
PyObject *tc_import_name(PyObject *globals, PyObject *builtins, PyObject *locals, PyObject *name, PyObject *level,
                         PyObject *fromlist);

/* -- helpers_object.c: these fail with NULL or -1 and an exception -- */
PyObject *tc_get_method(PyObject *object, PyObject *name, int64_t *is_method);     /* is_method: it is not bound */
int tc_del_attr(PyObject *object, PyObject *name);
PyObject *tc_load_global(PyObject *globals, PyObject *builtins, PyObject *name);
int tc_store_global(PyObject *globals, PyObject *name, PyObject *value);
int tc_delete_global(PyObject *globals, PyObject *name);
PyObject *tc_call_ex(PyObject *callable, PyObject *args, PyObject *kwargs);
PyObject *tc_call_method(PyObject *name, PyObject *const *args, int64_t count, PyObject *kwnames);
/* These three are never NULL. */
PyObject *tc_instance_new(PyTypeObject *type);
PyObject *tc_i64_to_str(int64_t value);
PyObject *tc_new_function(PyObject *code, PyObject *globals, PyObject *qualname, int64_t flags,
                          PyObject *const *attributes);
PyObject *tc_check_result(PyObject *callable, PyObject *result);

#endif
