/* How often code has to run until the control is asked about it.

   Counting an event costs more than most calls or rounds of a loop do.  What is far from its limit is therefore
   counted in samples, and rests between them for half the time that it seems to need. */

#include "tiercel.h"

enum { SAMPLE = 1000 };          /* events: what is left may be counted if it is no more */

static const double SHORTEST_REST = 0.1, LONGEST_REST = 10.0;

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

/* A sample is complete.  While it rested the code ran as often as before or as now, whichever is less. */
static enum tc_counting
take_sample(tc_code *record, struct tc_counter *counter, double now)
{
    double seconds = now - counter->began, rate = counter->sample / (seconds > 1e-6 ? seconds : 1e-6);
    if (counter->rested != 0.0) {
        double ran = (counter->began - counter->rested) * (rate < counter->rate ? rate : counter->rate);
        counter->count = ran < counter->limit - counter->count ? counter->count + (uint32_t)ran : counter->limit;
    }
    counter->sample = 0;
    counter->rested = 0.0;
    double left = (double)counter->limit - counter->count, rest = left / rate / 2;
    if (left <= SAMPLE || rest < SHORTEST_REST) {
        return left > 0 ? TC_COUNTS : TC_ASKS;
    }
    counter->rested = now;
    counter->rate = rate;
    tc_wake_at(record, now + (rest < LONGEST_REST ? rest : LONGEST_REST));
    return TC_RESTS;
}

enum tc_counting
tc_count(tc_code *record, struct tc_counter *counter, int may_rest)
{
    if (++counter->count >= counter->limit) {
        return TC_ASKS;
    }
    if (!counter->told || !may_rest) {
        return TC_COUNTS;
    }
    if (counter->sample++ == 0) {
        counter->began = tc_clock();
    }
    return counter->sample < SAMPLE ? TC_COUNTS : take_sample(record, counter, tc_clock());
}

void
tc_count_anew(struct tc_counter *counter, uint32_t asked_at)
{
    counter->count = counter->sample = 0;
    counter->rested = 0.0;
    if (counter->limit == asked_at) {
        counter->limit = asked_at < UINT32_MAX / 2 ? 2 * asked_at : UINT32_MAX;
    }
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
    struct tc_counter *counter = record == NULL ? NULL : at < 0 ? &record->calls : tc_counter_of(record, at);
    if (counter == NULL) {
        return record ? PyErr_NoMemory() : NULL;
    }
    counter->limit = runs < 1 ? 1 : runs > UINT32_MAX ? UINT32_MAX : (uint32_t)runs;
    counter->told = 1;
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
    record->calls.limit = calls;
    record->loop_limit = loops < 1 ? 1 : loops > UINT32_MAX ? UINT32_MAX : (uint32_t)loops;
    record->calls_refused = 0;
    for (int i = 0; i < record->loop_count; i++) {
        record->counters[i].decided = 0;
        record->counters[i].limit = record->loop_limit;
    }
    tc_rearm((PyCodeObject *)code);
    Py_RETURN_NONE;
}
