/* Operations on numbers: boxes, exact ints of any size, and Python's float division. */

#include "helpers.h"

#include <math.h>

PyObject *
tc_box_i64(int64_t value)
{
    PyObject *result = PyLong_FromLongLong(value);
    if (result == NULL) {
        Py_FatalError("no memory for an int");
    }
    return result;
}

PyObject *
tc_box_u64(uint64_t value)
{
    PyObject *result = PyLong_FromUnsignedLongLong(value);
    if (result == NULL) {
        Py_FatalError("no memory for an int");
    }
    return result;
}

static tc_free_floats no_floats = {.numfree = PyFloat_MAXFREELIST};
static tc_free_floats *free_floats = &no_floats;      /* the main interpreter's, once it is known to be where we think */

/* Whether freed floats wait where the header says: the one freed last is the first to be used again. */
int
tc_check_floats(PyThreadState *ts)
{
    tc_free_floats *found = tc_find_free_floats(ts->interp);
    PyObject *first = PyFloat_FromDouble(0.5), *second = PyFloat_FromDouble(1.5);
    if (first == NULL || second == NULL) {
        Py_XDECREF(first);
        Py_XDECREF(second);
        return 0;
    }
    PyFloatObject *expected[2] = {(PyFloatObject *)second, (PyFloatObject *)first};
    Py_DECREF(first);
    int count = found->numfree;
    Py_DECREF(second);
    int ok = tc_objects_are_traced() || found->numfree == PyFloat_MAXFREELIST
             || (found->numfree == count + 1 && found->items == expected[0]
                 && (PyFloatObject *)Py_TYPE(expected[0]) == expected[1]);
    if (ok) {
        free_floats = found;
    }
    return ok;
}

PyObject *
tc_box_f64(double value)
{
    PyObject *result = tc_reuse_float(free_floats, value);
    if (result != NULL) {
        return result;
    }
    result = PyFloat_FromDouble(value);
    if (result == NULL) {
        Py_FatalError("no memory for a float");
    }
    return result;
}

PyObject *
tc_box_number(int64_t is_int, double value)
{
    return is_int ? tc_box_i64((int64_t)value) : tc_box_f64(value);
}

/* The end of an object that nobody refers to any more. */
void
tc_dealloc(PyObject *object)
{
    if (!PyFloat_CheckExact(object) || !tc_keep_float(free_floats, object)) {
        _Py_Dealloc(object);
    }
}

void
tc_store_f64(PyObject **slot, double value)
{
    PyObject *old = *slot;
    if (old != NULL && PyFloat_CheckExact(old) && Py_REFCNT(old) == 1) {
        ((PyFloatObject *)old)->ob_fval = value;
        return;
    }
    *slot = tc_box_f64(value);
    Py_XDECREF(old);
}

/* Gives an int that nobody else holds another value, if it has the room; small ints are shared, so never one of those. */
static int
overwrite_int(PyLongObject *number, int64_t value)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    Py_ssize_t digits = size >> PyLong_SHIFT == 0 ? 1 : 2;
    if (size >> 2 * PyLong_SHIFT != 0 || _PyLong_DigitCount(number) != digits
        || (-_PY_NSMALLNEGINTS <= value && value < _PY_NSMALLPOSINTS))
    {
        return 0;
    }
    number->long_value.ob_digit[0] = (digit)(size & PyLong_MASK);
    if (digits == 2) {
        number->long_value.ob_digit[1] = (digit)(size >> PyLong_SHIFT);
    }
    _PyLong_SetSignAndDigitCount(number, value < 0 ? -1 : 1, digits);
    return 1;
}

void
tc_store_i64(PyObject **slot, int64_t value)
{
    PyObject *old = *slot;
    if (old != NULL && PyLong_CheckExact(old) && Py_REFCNT(old) == 1 && overwrite_int((PyLongObject *)old, value)) {
        return;
    }
    *slot = tc_box_i64(value);
    Py_XDECREF(old);
}

int
tc_unbox_i64(PyObject *object, int64_t *result)
{
    PyLongObject *number = (PyLongObject *)object;
    if (_PyLong_IsCompact(number)) {
        *result = _PyLong_CompactValue(number);
        return 1;
    }
    if (_PyLong_DigitCount(number) == 2) {
        const digit *digits = number->long_value.ob_digit;
        int64_t size = (int64_t)digits[1] << PyLong_SHIFT | digits[0];
        *result = _PyLong_IsNegative(number) ? -size : size;
        return 1;
    }
    int overflow;
    *result = PyLong_AsLongLongAndOverflow(object, &overflow);
    return !overflow;
}

int
tc_i64_pow(int64_t base, int64_t exponent, int64_t *result)
{
    if (exponent < 0) {
        return 0;
    }
    int64_t power = 1;
    while (exponent != 0) {
        if ((exponent & 1) && __builtin_mul_overflow(power, base, &power)) {
            return 0;
        }
        exponent >>= 1;
        if (exponent != 0 && __builtin_mul_overflow(base, base, &base)) {
            return 0;
        }
    }
    *result = power;
    return 1;
}

int
tc_long_to_f64(PyObject *object, double *result)
{
    if (_PyLong_IsCompact((PyLongObject *)object)) {
        *result = (double)_PyLong_CompactValue((PyLongObject *)object);
        return 1;
    }
    *result = PyLong_AsDouble(object);
    if (*result == -1.0 && PyErr_Occurred()) {
        PyErr_Clear();
        return 0;
    }
    return 1;
}

static const int64_t tc_exact_double = (int64_t)1 << 53;     /* ints up to here are doubles */

int
tc_number_to_f64(PyObject *object, double *result)
{
    if (PyFloat_CheckExact(object)) {
        *result = PyFloat_AS_DOUBLE(object);
        return 1;
    }
    int64_t value;
    if (!PyLong_CheckExact(object) || !tc_unbox_i64(object, &value) || value < -tc_exact_double
        || value > tc_exact_double) {
        return 0;
    }
    *result = (double)value;
    return 1;
}

int64_t
tc_long_low_bits(PyObject *object)
{
    PyLongObject *number = (PyLongObject *)object;
    if (_PyLong_IsCompact(number)) {
        return _PyLong_CompactValue(number);
    }
    uint64_t bits = 0;
    Py_ssize_t digits = _PyLong_DigitCount(number);
    for (Py_ssize_t i = 0; i < digits && i * PyLong_SHIFT < 64; i++) {
        bits |= (uint64_t)number->long_value.ob_digit[i] << (i * PyLong_SHIFT);
    }
    return (int64_t)(_PyLong_IsNegative(number) ? 0 - bits : bits);
}

PyObject *
tc_long_add(PyObject *a, PyObject *b)
{
    return PyLong_Type.tp_as_number->nb_add(a, b);
}

PyObject *
tc_long_sub(PyObject *a, PyObject *b)
{
    return PyLong_Type.tp_as_number->nb_subtract(a, b);
}

PyObject *
tc_long_mul(PyObject *a, PyObject *b)
{
    return PyLong_Type.tp_as_number->nb_multiply(a, b);
}

PyObject *
tc_long_floordiv(PyObject *a, PyObject *b)
{
    return PyLong_Type.tp_as_number->nb_floor_divide(a, b);
}

PyObject *
tc_long_mod(PyObject *a, PyObject *b)
{
    return PyLong_Type.tp_as_number->nb_remainder(a, b);
}

PyObject *
tc_long_and(PyObject *a, PyObject *b)
{
    return PyLong_Type.tp_as_number->nb_and(a, b);
}

PyObject *
tc_long_or(PyObject *a, PyObject *b)
{
    return PyLong_Type.tp_as_number->nb_or(a, b);
}

PyObject *
tc_long_xor(PyObject *a, PyObject *b)
{
    return PyLong_Type.tp_as_number->nb_xor(a, b);
}

PyObject *
tc_long_lshift(PyObject *a, PyObject *b)
{
    return PyLong_Type.tp_as_number->nb_lshift(a, b);
}

PyObject *
tc_long_rshift(PyObject *a, PyObject *b)
{
    return PyLong_Type.tp_as_number->nb_rshift(a, b);
}

PyObject *
tc_long_pow(PyObject *a, PyObject *b)
{
    return PyLong_Type.tp_as_number->nb_power(a, b, Py_None);
}

PyObject *
tc_power(PyObject *a, PyObject *b)
{
    return PyNumber_Power(a, b, Py_None);
}

PyObject *
tc_inplace_power(PyObject *a, PyObject *b)
{
    return PyNumber_InPlacePower(a, b, Py_None);
}

/* Less than, equal or greater than zero, as a is to b. */
static int
compare(PyObject *a, PyObject *b)
{
    PyLongObject *x = (PyLongObject *)a, *y = (PyLongObject *)b;
    Py_ssize_t sign = _PyLong_SignedDigitCount(x) - _PyLong_SignedDigitCount(y);
    if (sign != 0) {
        return sign < 0 ? -1 : 1;
    }
    for (Py_ssize_t i = _PyLong_DigitCount(x); i-- > 0;) {
        digit d = x->long_value.ob_digit[i], e = y->long_value.ob_digit[i];
        if (d != e) {
            return (d < e) == !_PyLong_IsNegative(x) ? -1 : 1;
        }
    }
    return 0;
}

int
tc_long_lt(PyObject *a, PyObject *b)
{
    return compare(a, b) < 0;
}

int
tc_long_le(PyObject *a, PyObject *b)
{
    return compare(a, b) <= 0;
}

int
tc_long_eq(PyObject *a, PyObject *b)
{
    return compare(a, b) == 0;
}

int
tc_long_ne(PyObject *a, PyObject *b)
{
    return compare(a, b) != 0;
}

int
tc_long_gt(PyObject *a, PyObject *b)
{
    return compare(a, b) > 0;
}

int
tc_long_ge(PyObject *a, PyObject *b)
{
    return compare(a, b) >= 0;
}

/* float.__mod__: the sign is the divisor's, also of zero. */
double
tc_f64_mod(double a, double b)
{
    double mod = fmod(a, b);
    if (mod == 0.0) {
        return copysign(0.0, b);
    }
    return (b < 0) != (mod < 0) ? mod + b : mod;
}

/* float.__floordiv__: derived from the exact remainder, so that a == q * b + a % b as nearly as can be. */
double
tc_f64_floordiv(double a, double b)
{
    double mod = fmod(a, b);
    double quotient = (a - mod) / b;
    if (mod != 0.0 && (b < 0) != (mod < 0)) {
        quotient -= 1.0;
    }
    if (quotient == 0.0) {
        return copysign(0.0, a / b);
    }
    double whole = floor(quotient);
    return quotient - whole > 0.5 ? whole + 1.0 : whole;
}

int64_t
tc_range_length(int64_t start, int64_t stop, int64_t step)
{
    uint64_t span, stride;
    if (step > 0) {
        span = start < stop ? (uint64_t)stop - (uint64_t)start : 0;
        stride = (uint64_t)step;
    }
    else {
        span = start > stop ? (uint64_t)start - (uint64_t)stop : 0;
        stride = 0 - (uint64_t)step;
    }
    uint64_t length = span == 0 || stride == 0 ? 0 : (span - 1) / stride + 1;
    return length > INT64_MAX ? -1 : (int64_t)length;
}

PyObject *
tc_range_new(int64_t start, int64_t stop, int64_t step)
{
    PyObject *result = PyObject_CallFunction((PyObject *)&PyRange_Type, "LLL", (long long)start, (long long)stop,
                                             (long long)step);
    if (result == NULL) {
        Py_FatalError("no memory for a range");
    }
    return result;
}

PyObject *
tc_int_of_str(PyObject *text)
{
    return PyLong_FromUnicodeObject(text, 10);
}
