/* How often code has to run until the control is asked about it. */

#include "tiercel.h"

uint32_t tc_threshold, tc_loop_threshold;

struct tc_counter *
tc_counter_of(tc_code *record, int at)
{
    for (int i = 0; i < record->loop_count; i++) {
        if (record->counters[i].at == at) {
            return &record->counters[i];
        }
    }
    struct tc_counter *counters = PyMem_Realloc(record->counters, (record->loop_count + 1) * sizeof(*counters));
    if (counters == NULL) {
        return NULL;
    }
    record->counters = counters;
    uint32_t limit = record->loop_limit ? record->loop_limit : tc_loop_threshold;
    counters[record->loop_count] = (struct tc_counter){.at = at, .limit = limit};
    return &counters[record->loop_count++];
}

/* The control was asked, and wants to be again: not so soon. */
uint32_t
tc_later(uint32_t limit)
{
    return limit < UINT32_MAX / 2 ? 2 * limit : UINT32_MAX;
}

PyObject *
tc_py_ask_after(PyObject *module, PyObject *args)
{
    PyCodeObject *code;
    int at;
    unsigned long long runs;
    if (!PyArg_ParseTuple(args, "O!iK:ask_after", &PyCode_Type, &code, &at, &runs)) {
        return NULL;
    }
    tc_code *record = tc_code_make(code);
    struct tc_counter *counter = record && at >= 0 ? tc_counter_of(record, at) : NULL;
    if (record == NULL || (at >= 0 && counter == NULL)) {
        return record ? PyErr_NoMemory() : NULL;
    }
    uint32_t limit = runs < 1 ? 1 : runs > UINT32_MAX ? UINT32_MAX : (uint32_t)runs;
    if (at < 0) {
        record->call_limit = limit;
    }
    else {
        counter->limit = limit;
    }
    Py_RETURN_NONE;
}

PyObject *
tc_py_set_threshold(PyObject *module, PyObject *args)
{
    PyObject *code;
    unsigned int calls, rounds = 0;
    if (!PyArg_ParseTuple(args, "O!I|I:set_threshold", &PyCode_Type, &code, &calls, &rounds)) {
        return NULL;
    }
    tc_code *record = tc_code_make((PyCodeObject *)code);
    if (record == NULL) {
        return NULL;
    }
    calls = calls ? calls : 1;
    uint64_t loops = rounds ? rounds : tc_threshold ? (uint64_t)tc_loop_threshold * calls / tc_threshold
                                                       : calls;
    record->own_threshold = calls;
    record->call_limit = calls;
    record->loop_limit = loops < 1 ? 1 : loops > UINT32_MAX ? UINT32_MAX : (uint32_t)loops;
    record->calls_refused = 0;
    for (int i = 0; i < record->loop_count; i++) {
        record->counters[i].decided = 0;
        record->counters[i].limit = record->loop_limit;
    }
    tc_rearm((PyCodeObject *)code);
    Py_RETURN_NONE;
}
