/* The life of versions: the record in a code object's co_extra, the functions attached to a version, retirement,
   and the sweep that frees retired versions once no native frame needs them. */

#include "exits.h"
#include "table.h"

vectorcallfunc tc_interpreter_entry;

static Py_ssize_t extra_index = -1;
static uint32_t generation = 1;
static tc_table attached;        /* function -> version; both borrowed, the function's end removes it */
static tc_table installed;       /* version -> version; borrowed */

/* Retired versions that native frames may still use; each one owned. */
static tc_version **graveyard;
static Py_ssize_t grave_count, grave_space;

/* -- the record of a code object -- */

static void
bury(tc_version *version)
{
    if (grave_count == grave_space) {
        Py_ssize_t space = 2 * grave_space + 16;
        tc_version **bigger = PyMem_RawRealloc(graveyard, space * sizeof(tc_version *));
        if (bigger == NULL) {
            return;              /* never freed: the safe side */
        }
        graveyard = bigger;
        grave_space = space;
    }
    graveyard[grave_count++] = version;
    tc_sweep_soon();
}

static void
chain_died(tc_version *chain)
{
    while (chain != NULL) {
        tc_version *next = chain->next;
        chain->code = NULL;
        tc_version_retire(chain, "the code object died");
        chain = next;
    }
}

/* The code object dies: so does what was compiled of it. */
static void
free_record(void *data)
{
    tc_code *record = data;
    if (record == NULL) {
        return;
    }
    PyObject *exc = PyErr_GetRaisedException();
    PyCodeObject *code = record->code;
    tc_waiting_remove(record);
    chain_died(record->functions);
    chain_died(record->loops);
    for (Py_ssize_t i = 0; i < grave_count; i++) {
        if (graveyard[i]->code == code) {
            graveyard[i]->code = NULL;
        }
    }
    tc_samples_free(record);
    PyMem_Free(record->counters);
    PyMem_Free(record);
    PyErr_SetRaisedException(exc);
}

tc_code *
tc_code_get(PyCodeObject *code)
{
    return tc_code_extra(code, extra_index);
}

static void
reset_counters(tc_code *record)
{
    record->generation = generation;
    tc_samples_free(record);
    record->calls = (struct tc_counter){.limit = record->own_threshold};
    record->calls_refused = record->misses_refused = record->underway = 0;
    PyMem_Free(record->counters);
    record->counters = NULL;
    record->loop_count = 0;
}

tc_code *
tc_code_make(PyCodeObject *code)
{
    tc_code *record = tc_code_get(code);
    if (record == NULL) {
        record = PyMem_Calloc(1, sizeof(tc_code));
        if (record == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
        record->code = code;
        record->generation = generation;
        if (tc_set_code_extra(code, extra_index, record) < 0) {
            PyMem_Free(record);
            return NULL;
        }
    }
    else if (record->generation != generation) {
        reset_counters(record);
    }
    return record;
}

void
tc_next_generation(void)
{
    generation++;
}

tc_version *
tc_versions_of(PyCodeObject *code)
{
    tc_code *record = tc_code_get(code);
    return record ? record->functions : NULL;
}

tc_version *
tc_loop_version(PyCodeObject *code, int at, _PyInterpreterFrame *frame)
{
    tc_code *record = tc_code_get(code);
    tc_version *version = record ? record->loops : NULL;
    while (version != NULL && (version->loop_at != at || !tc_is_of_namespaces(version, frame))) {
        version = version->next;
    }
    return version;
}

int
tc_installed_add(tc_version *version)
{
    if (tc_table_set(&installed, version, NULL, version) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

/* -- functions -- */

/* The newest version that a function may enter, or NULL. */
static tc_version *
version_for(PyFunctionObject *func)
{
    tc_version *version = tc_versions_of((PyCodeObject *)func->func_code);
    while (version != NULL && (version->globals != func->func_globals || version->builtins != func->func_builtins
                               || version->suspended)) {
        version = version->next;
    }
    return version;
}

/* MAKE_FUNCTION gives a new function the version number of its code, and call sites specialised for that number
   pass by the vectorcall slot.  Without a number they cannot be. */
static void
hide_co_version(PyCodeObject *code)
{
    tc_code *record = tc_code_get(code);
    if (record != NULL && code->co_version != 0) {
        record->co_version = code->co_version;
        tc_forget_code_version(code);
    }
}

static void
restore_co_version(PyCodeObject *code)
{
    tc_code *record = tc_code_get(code);
    if (record != NULL && record->co_version != 0) {
        code->co_version = record->co_version;
        record->co_version = 0;
    }
}

static int
attach(PyFunctionObject *func, tc_version *version)
{
    if (tc_table_set(&attached, func, NULL, version) < 0) {
        return -1;
    }
    tc_forget_function_version(func);
    PyFunction_SetVectorcall(func, version->entry ? version->entry : tc_generic_entry);
    return 0;
}

void
tc_attach_new(PyFunctionObject *func)
{
    tc_version *version = version_for(func);
    if (version != NULL) {
        (void)attach(func, version);     /* no memory: it stays interpreted */
    }
}

void
tc_detach(PyFunctionObject *func)
{
    if (tc_table_pop(&attached, func, NULL) != NULL) {
        tc_forget_function_version(func);
        PyFunction_SetVectorcall(func, tc_interpreter_entry);
    }
}

void
tc_forget_function(PyFunctionObject *func)
{
    (void)tc_table_pop(&attached, func, NULL);
}

/* Gives the functions of a retired version to the next older one, or back to the interpreter. */
static void
detach_functions(tc_version *version)
{
    for (size_t i = 0; attached.used && i <= attached.mask; i++) {
        if (attached.slots[i].value != version) {
            continue;
        }
        PyFunctionObject *func = (PyFunctionObject *)attached.slots[i].a;
        tc_version *older = version_for(func);
        if (older == NULL || attach(func, older) < 0) {
            tc_detach(func);
            i--;                         /* removal may have moved a later slot here */
        }
    }
}

/* -- retirement -- */

static void
unlink_version(tc_version *version)
{
    tc_code *record = version->code ? tc_code_get(version->code) : NULL;
    if (record != NULL) {
        tc_version **link = version->loop_at < 0 ? &record->functions : &record->loops;
        while (*link != NULL && *link != version) {
            link = &(*link)->next;
        }
        if (*link == version) {
            *link = version->next;
        }
        if (record->functions == NULL) {
            restore_co_version(version->code);
        }
    }
    /* A call that is passing through this version's entry finds no older one and goes to the interpreter. */
    version->next = NULL;
}

static int
is_native(_PyInterpreterFrame *frame)
{
    return (frame->owner == FRAME_OWNED_BY_THREAD || frame->owner == FRAME_OWNED_BY_GENERATOR)
           && (frame->stacktop == TC_NATIVE || frame->stacktop == TC_LOOP || frame->stacktop == TC_LEFT);
}

/* The site a native frame is at; maybe not one of this life of the memory, so to be compared only. */
static tc_site *
site_of(PyThreadState *ts, _PyInterpreterFrame *frame)
{
    int64_t *extra = tc_extra_of(ts, frame);
    return extra ? (tc_site *)(uintptr_t)extra[0] : NULL;
}

tc_version *
tc_calling_version(PyThreadState *ts)
{
    _PyInterpreterFrame *frame = ts->current_frame;
    while (frame != NULL && frame->stacktop == TC_INLINED) {
        frame = frame->previous;
    }
    tc_site *site = frame && is_native(frame) ? site_of(ts, frame) : NULL;
    return site ? ((tc_site *)((uintptr_t)site & ~(uintptr_t)TC_SITE_MARKS))->version : NULL;
}

static int
is_site_of(tc_site *site, tc_version *version)
{
    return site >= version->sites && site < version->sites + version->site_count;
}

int
tc_is_active(tc_version *version)
{
    PyInterpreterState *interp = PyInterpreterState_Main();
    for (PyThreadState *ts = PyInterpreterState_ThreadHead(interp); ts != NULL; ts = PyThreadState_Next(ts)) {
        for (_PyInterpreterFrame *frame = ts->current_frame; frame != NULL; frame = frame->previous) {
            if (is_native(frame) && is_site_of(site_of(ts, frame), version)) {
                return 1;
            }
        }
    }
    return 0;
}

void
tc_mark_frames(tc_version *version)
{
    PyInterpreterState *interp = PyInterpreterState_Main();
    for (PyThreadState *ts = PyInterpreterState_ThreadHead(interp); ts != NULL; ts = PyThreadState_Next(ts)) {
        for (_PyInterpreterFrame *frame = ts->current_frame; frame != NULL; frame = frame->previous) {
            if (is_native(frame) && (version == NULL || is_site_of(site_of(ts, frame), version))) {
                frame->stacktop = TC_LEFT;
            }
        }
    }
}

void
tc_version_retire(tc_version *version, const char *reason)
{
    if (!version->valid) {
        return;
    }
    PyObject *exc = PyErr_GetRaisedException();
    version->valid = 0;
    version->reason = PyUnicode_FromString(reason);
    if (version->installed) {
        unlink_version(version);
        (void)tc_table_pop(&installed, version, NULL);
        detach_functions(version);
        /* A store by native code has no site, and goes on with what it has. */
        if (tc_in_native_store || tc_is_active(version)) {
            (void)tc_version_keep(version);
            tc_mark_frames(version);
        }
    }
    tc_unwatch(version);
    tc_leave_targets(version);
    if (version->installed) {
        bury(version);                   /* with the reference that the code object had */
    }
    else if (version->lent != NULL) {
        version->reported = 1;           /* its machine code is being made: what it held goes before that ends */
        bury((tc_version *)Py_NewRef(version));
    }
    PyErr_Clear();
    PyErr_SetRaisedException(exc);
}

void
tc_version_suspend(tc_version *version)
{
    if (!version->valid || !version->installed || version->suspended) {
        return;
    }
    version->suspended = TC_SUSPENDED;
    tc_refresh_targets(version);
    if (version->loop_at < 0) {
        detach_functions(version);
    }
    tc_mark_frames(version);
    tc_ask_at_once(version->code, version->loop_at);
}

void
tc_version_resume(tc_version *version)
{
    version->suspended = 0;
    tc_refresh_targets(version);
    for (size_t i = 0; version->loop_at < 0 && attached.used && i <= attached.mask; i++) {
        PyFunctionObject *func = (PyFunctionObject *)attached.slots[i].a;
        if (func != NULL && (PyCodeObject *)func->func_code == version->code && version_for(func) == version) {
            (void)attach(func, version);     /* it is in the table, which does not grow */
        }
    }
}

void
tc_version_rest(tc_version *version)
{
    version->used = 0;
    if (version->loop_at >= 0 || !version->valid || !version->installed || version->suspended) {
        return;
    }
    version->suspended = TC_RESTING;
    tc_refresh_targets(version);
    detach_functions(version);
    if (tc_control_is_on()) {
        tc_instrument_again(version->code);
    }
}

void
tc_wake(tc_code *record)
{
    for (tc_version *version = record->functions; version != NULL; version = version->next) {
        if (version->suspended == TC_RESTING) {
            version->used = 1;
            tc_version_resume(version);
        }
    }
}

void
tc_retire_all(const char *reason)
{
    while (installed.used) {
        size_t i = 0;
        while (installed.slots[i].a == NULL) {
            i++;
        }
        tc_version_retire(installed.slots[i].value, reason);
    }
}

/* The function gets another code object: frames of the old one, which lend it, must keep it. */
void
tc_code_replaced(PyFunctionObject *func)
{
    tc_version *version = tc_versions_of((PyCodeObject *)func->func_code);
    while (version != NULL) {
        tc_version *next = version->next;
        if (tc_is_active(version)) {
            tc_version_retire(version, "a running function's code was replaced");
        }
        version = next;
    }
}

/* -- the sweep -- */

static uint32_t sweeps;

/* Marks the versions in the graveyard whose code will be returned to. */
static void
find_active(void)
{
    sweeps++;
    for (Py_ssize_t i = 0; i < grave_count; i++) {
        if (graveyard[i]->leaving) {
            graveyard[i]->active = sweeps;
        }
    }
    PyInterpreterState *interp = PyInterpreterState_Main();
    for (PyThreadState *ts = PyInterpreterState_ThreadHead(interp); ts != NULL; ts = PyThreadState_Next(ts)) {
        for (_PyInterpreterFrame *frame = ts->current_frame; frame != NULL; frame = frame->previous) {
            if (!is_native(frame)) {
                continue;
            }
            tc_site *site = site_of(ts, frame);
            for (Py_ssize_t i = 0; i < grave_count; i++) {
                if (is_site_of(site, graveyard[i])) {
                    graveyard[i]->active = sweeps;
                }
            }
        }
    }
}

static void
report_retired(void)
{
    for (Py_ssize_t i = 0; i < grave_count; i++) {
        tc_version *version = graveyard[i];
        if (!version->reported) {
            PyObject *args = PyTuple_Pack(2, version, version->reason ? version->reason : Py_None);
            int result = args ? tc_call_hook("retired", args) : -1;
            if (result == -2) {
                PyErr_WriteUnraisable(NULL);
            }
            PyErr_Clear();
            Py_XDECREF(args);
            version->reported = result != -1 || !tc_control_is_on();
            if (result > 0 && version->code != NULL) {
                tc_rearm(version->code);
            }
        }
    }
}

void
tc_sweep(void)
{
    static int sweeping;
    if (!grave_count || sweeping) {
        return;
    }
    sweeping = 1;
    PyObject *exc = PyErr_GetRaisedException();
    report_retired();
    find_active();
    /* Freeing runs code that may retire more, so take the free ones out first. */
    Py_ssize_t count = 0, kept = 0;
    tc_version **dead = PyMem_RawMalloc((grave_count + 1) * sizeof(tc_version *));
    for (Py_ssize_t i = 0; dead != NULL && i < grave_count; i++) {
        if (graveyard[i]->active == sweeps || !graveyard[i]->reported) {
            graveyard[kept++] = graveyard[i];
        }
        else {
            dead[count++] = graveyard[i];
        }
    }
    if (dead != NULL) {
        grave_count = kept;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (dead[i]->installed) {
            tc_version_clear(dead[i]);
            dead[i]->code = NULL;
        }
        else {
            tc_version_drop_objects(dead[i]);
        }
        Py_DECREF(dead[i]);
    }
    PyMem_RawFree(dead);
    PyErr_SetRaisedException(exc);
    sweeping = 0;
}

static int sweep_is_pending;

static int
sweep_pending(void *unused)
{
    sweep_is_pending = 0;
    tc_sweep();
    return 0;
}

void
tc_sweep_soon(void)
{
    if (!sweep_is_pending && !Py_IsFinalizing()) {
        sweep_is_pending = Py_AddPendingCall(sweep_pending, NULL) == 0;
    }
}

/* -- for Python -- */

PyObject *
tc_py_attach(PyObject *module, PyObject *args)
{
    PyFunctionObject *func;
    tc_version *version;
    if (!PyArg_ParseTuple(args, "O!O!:attach", &PyFunction_Type, &func, &tc_version_type, &version)) {
        return NULL;
    }
    if (!version->valid) {
        Py_RETURN_FALSE;                 /* retired meanwhile */
    }
    if (!version->installed || version->loop_at >= 0 || (PyObject *)version->code != func->func_code
        || version->globals != func->func_globals || version->builtins != func->func_builtins)
    {
        PyErr_SetString(PyExc_ValueError, "attach: not an installed version of this function");
        return NULL;
    }
    if (attach(func, version) < 0) {
        return PyErr_NoMemory();
    }
    hide_co_version(version->code);
    Py_RETURN_TRUE;
}

PyObject *
tc_py_detach(PyObject *module, PyObject *func)
{
    if (!PyFunction_Check(func)) {
        return PyErr_Format(PyExc_TypeError, "detach: not a function: %R", func);
    }
    tc_detach((PyFunctionObject *)func);
    Py_RETURN_NONE;
}

static int
append_chain(PyObject *list, tc_version *version)
{
    for (; version != NULL; version = version->next) {
        if (PyList_Append(list, (PyObject *)version) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
tc_py_versions(PyObject *module, PyObject *code)
{
    if (!PyCode_Check(code)) {
        return PyErr_Format(PyExc_TypeError, "versions: not a code object: %R", code);
    }
    PyObject *list = PyList_New(0);
    tc_code *record = tc_code_get((PyCodeObject *)code);
    if (list != NULL && record != NULL
        && (append_chain(list, record->functions) < 0 || append_chain(list, record->loops) < 0))
    {
        Py_CLEAR(list);
    }
    return list;
}

PyObject *
tc_py_interpreted(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    if (nargs < 1 || !PyFunction_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError, "interpreted: the first argument must be a function");
        return NULL;
    }
    return tc_interpreter_entry(args[0], args + 1, (size_t)(nargs - 1), kwnames);
}

int
tc_attach_init(void)
{
    if (extra_index >= 0) {
        return 0;
    }
    /* The interpreter's vectorcall of functions is not exported: read it off a function. */
    PyObject *globals = PyDict_New();
    PyCodeObject *code = PyCode_NewEmpty("", "", 1);
    PyObject *func = globals && code ? PyFunction_New((PyObject *)code, globals) : NULL;
    if (func != NULL) {
        tc_interpreter_entry = ((PyFunctionObject *)func)->vectorcall;
        extra_index = PyUnstable_Eval_RequestCodeExtraIndex(free_record);
        if (extra_index < 0) {
            PyErr_SetString(PyExc_RuntimeError, "no index in co_extra is left");
        }
    }
    Py_XDECREF(func);
    Py_XDECREF(code);
    Py_XDECREF(globals);
    return extra_index < 0 ? -1 : 0;
}
