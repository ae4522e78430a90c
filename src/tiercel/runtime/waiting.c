/* Code whose events are off for a while: it is hot but may not be compiled yet, for the budget is spent, or it rests
   between two samples (counters.c).  Counting what is decided anyway would cost each of its calls more than the call
   itself.  A thread that needs nothing of the interpreter sleeps until the first is due, and has whatever thread looks
   next turn the events on again. */

#include "tiercel.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

enum { AT_A_TIME = 64 };         /* turning events on costs something, and so does counting */

static const double SHORTEST_DELAY = 0.1, LONGEST_DELAY = 10.0;

static tc_code *first;           /* the first to be due; of those due together the first that came */
static double budget_due;        /* when the next compile may begin, as the control said last */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    pthread_t thread;
    int exists;                  /* and is to be joined; seen with the GIL only */
    int stop;
    double due;                  /* when it wakes */
    struct timespec until;
} sleeper = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int ring(void *unused);

double
tc_clock(void)
{
    struct timespec now;
    return clock_gettime(CLOCK_MONOTONIC, &now) == 0 ? now.tv_sec + 1e-9 * now.tv_nsec : 0.0;
}

static void *
sleep_until(void *unused)
{
    pthread_mutex_lock(&sleeper.lock);
    while (!sleeper.stop) {
        int result = pthread_cond_timedwait(&sleeper.stopped, &sleeper.lock, &sleeper.until);
        if (result == ETIMEDOUT && tc_call_soon(ring) == 0) {
            break;
        }
        sleeper.until.tv_sec += result == ETIMEDOUT;     /* too many calls are pending */
    }
    pthread_mutex_unlock(&sleeper.lock);
    return NULL;
}

static void
start_sleeper(void)
{
    if (sleeper.exists || first == NULL || tc_forking()) {
        return;
    }
    double soonest = tc_clock() + SHORTEST_DELAY;
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0) {
        return;
    }
    sleeper.due = first->due > soonest ? first->due : soonest;
    sleeper.until.tv_sec = (time_t)sleeper.due;
    sleeper.until.tv_nsec = (long)(1e9 * (sleeper.due - (double)sleeper.until.tv_sec));
    sleeper.stop = 0;
    if (pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(&sleeper.stopped, &attr) == 0) {
        sleeper.exists = tc_start_thread(&sleeper.thread, sleep_until, NULL) == 0;
    }
    pthread_condattr_destroy(&attr);
}

/* It holds its lock for moments only, and never waits for the GIL. */
static void
join_sleeper(void)
{
    if (sleeper.exists) {
        pthread_mutex_lock(&sleeper.lock);
        sleeper.stop = 1;
        pthread_cond_signal(&sleeper.stopped);
        pthread_mutex_unlock(&sleeper.lock);
        pthread_join(sleeper.thread, NULL);
        pthread_cond_destroy(&sleeper.stopped);
        sleeper.exists = 0;
    }
}

/* On whatever thread, between two instructions: those that are due count again, to ask when they are hot. */
static int
ring(void *unused)
{
    PyCodeObject *codes[AT_A_TIME];
    int count = 0;
    join_sleeper();
    double now = tc_clock();
    if (tc_control_is_on() && !tc_others_active(PyThreadState_Get())) {
        while (first != NULL && first->due <= now && count < AT_A_TIME) {
            codes[count++] = (PyCodeObject *)Py_NewRef((PyObject *)first->code);
            tc_waiting_remove(first);
        }
    }
    for (int i = 0; i < count; i++) {
        tc_instrument_again(codes[i]);
        Py_DECREF(codes[i]);
    }
    start_sleeper();
    return 0;
}

static void
take_out(tc_code *record)
{
    if (record->due != 0.0) {
        tc_code **place = &first;
        while (*place != record) {
            place = &(*place)->next_due;
        }
        *place = record->next_due;
        record->due = 0.0;
    }
}

void
tc_wake_at(tc_code *record, double due)
{
    if (record->due == 0.0 || due < record->due) {
        take_out(record);
        tc_code **place = &first;
        while (*place != NULL && (*place)->due <= due) {
            place = &(*place)->next_due;
        }
        record->next_due = *place;
        *place = record;
        record->due = due;
    }
    if (sleeper.exists && first->due < sleeper.due - SHORTEST_DELAY) {
        join_sleeper();
    }
    start_sleeper();
}

void
tc_waiting_add(tc_code *record)
{
    double soonest = tc_clock() + SHORTEST_DELAY;
    record->waiting = 1;
    tc_wake_at(record, budget_due > soonest ? budget_due : soonest);
}

int
tc_waiting_is_on(void)
{
    return budget_due > 0.0 && tc_clock() < budget_due;
}

void
tc_waiting_remove(tc_code *record)
{
    take_out(record);
    record->waiting = 0;
}

/* Until `tc_waiting_resume`: before a fork there must be no other thread. */
void
tc_waiting_pause(void)
{
    join_sleeper();
}

void
tc_waiting_resume(void)
{
    start_sleeper();
}

/* In the child of a fork that was not announced there is no sleeper any more. */
void
tc_waiting_after_fork(void)
{
    sleeper.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    sleeper.exists = 0;
}

void
tc_waiting_stop(void)
{
    join_sleeper();
    budget_due = 0.0;
    while (first != NULL) {
        tc_waiting_remove(first);
    }
}

PyObject *
tc_py_wake_after(PyObject *module, PyObject *seconds)
{
    double value = PyFloat_AsDouble(seconds);
    if (value == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    budget_due = value > 0.0 ? tc_clock() + (value < LONGEST_DELAY ? value : LONGEST_DELAY) : 0.0;
    Py_RETURN_NONE;
}
