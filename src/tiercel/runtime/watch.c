/* What versions assume, and how its end is noticed: type, dict and function watchers, and weak references.

   A watch is one thing assumed, with the versions that assume it.  Its key is the object and a kind, or a dict and
   an interned name.  Callbacks run inside CPython while it changes the thing: they retire versions, which runs no
   Python code, and leave the exception state alone. */

#include "tiercel.h"
#include "table.h"

typedef struct {
    const void *object;
    const void *kind;            /* one of the addresses below, or the name of a global */
    PyObject *name;              /* of a global: owned */
    PyObject *value;             /* of a global: what is bound to it, or NULL; borrowed from the dict */
    PyObject *weakref;           /* for the end of an object that no watcher tells of */
    tc_version **versions;
    Py_ssize_t count;
    Py_ssize_t space;
    int busy;
} tc_watch;

/* Kinds: only their addresses matter. */
static const char type_kind, dict_kind, function_kind, death_kind, weakref_kind;

static tc_table watches;
static int type_watcher = -1, dict_watcher = -1, function_watcher = -1;
static PyObject *death_callback;

/* -- registering -- */

static void
free_watch(tc_watch *watch)
{
    (void)tc_table_pop(&watches, watch->object, watch->kind);
    if (watch->object != NULL && watch->kind == &type_kind && type_watcher >= 0) {
        (void)PyType_Unwatch(type_watcher, (PyObject *)watch->object);
    }
    else if (watch->object != NULL && watch->kind == &dict_kind && dict_watcher >= 0) {
        (void)PyDict_Unwatch(dict_watcher, (PyObject *)watch->object);
    }
    if (watch->weakref != NULL) {
        (void)tc_table_pop(&watches, watch->weakref, &weakref_kind);
        Py_CLEAR(watch->weakref);
    }
    Py_CLEAR(watch->name);
    PyMem_Free(watch->versions);
    PyMem_Free(watch);
}

static tc_watch *
find_watch(const void *object, const void *kind)
{
    return tc_table_get(&watches, object, kind);
}

/* The watch under this key, made if there is none; `*made` tells. */
static tc_watch *
make_watch(const void *object, const void *kind, int *made)
{
    tc_watch *watch = find_watch(object, kind);
    *made = watch == NULL;
    if (watch != NULL) {
        return watch;
    }
    watch = PyMem_Calloc(1, sizeof(tc_watch));
    if (watch == NULL || tc_table_set(&watches, object, kind, watch) < 0) {
        PyMem_Free(watch);
        PyErr_NoMemory();
        return NULL;
    }
    watch->object = object;
    watch->kind = kind;
    return watch;
}

/* Registers the version; frees the watch where that fails and nobody else uses it. */
static int
join_watch(tc_watch *watch, tc_version *version)
{
    for (Py_ssize_t i = 0; i < version->watch_count; i++) {
        if (version->watches[i] == watch) {
            return 0;
        }
    }
    void **mine = PyMem_Realloc(version->watches, (version->watch_count + 1) * sizeof(void *));
    if (mine != NULL) {
        version->watches = mine;
        if (watch->count == watch->space) {
            Py_ssize_t space = 2 * watch->space + 2;
            tc_version **bigger = PyMem_Realloc(watch->versions, space * sizeof(tc_version *));
            if (bigger != NULL) {
                watch->versions = bigger;
                watch->space = space;
            }
        }
        if (watch->count < watch->space) {
            mine[version->watch_count++] = watch;
            watch->versions[watch->count++] = version;
            return 0;
        }
    }
    if (watch->count == 0) {
        free_watch(watch);
    }
    PyErr_NoMemory();
    return -1;
}

void
tc_unwatch(tc_version *version)
{
    while (version->watch_count) {
        tc_watch *watch = version->watches[--version->watch_count];
        for (Py_ssize_t i = watch->count; i-- > 0;) {
            if (watch->versions[i] == version) {
                watch->versions[i] = watch->versions[--watch->count];
                break;
            }
        }
        if (watch->count == 0 && !watch->busy) {
            free_watch(watch);
        }
    }
    PyMem_Free(version->watches);
    version->watches = NULL;
}

/* The assumption does not hold any more.  `dying`: the object goes away; versions without active frames must not
   mention it any more, the others took a reference, which keeps it. */
static void
break_watch(tc_watch *watch, const char *reason, int dying)
{
    watch->busy++;
    while (watch->count) {
        tc_version *version = watch->versions[watch->count - 1];
        tc_version_retire(version, reason);
        if (dying && (version->kept == NULL || watch->weakref != NULL)) {
            tc_version_forget_object(version, (PyObject *)watch->object);
        }
        tc_unwatch(version);
    }
    if (--watch->busy == 0) {
        free_watch(watch);
    }
}

int
tc_watch_type(tc_version *version, PyTypeObject *type)
{
    if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE) && tc_watch_death(version, (PyObject *)type) < 0) {
        return -1;
    }
    if (PyType_HasFeature(type, Py_TPFLAGS_IMMUTABLETYPE)) {
        return 0;
    }
    int made;
    tc_watch *watch = make_watch(type, &type_kind, &made);
    if (watch == NULL || join_watch(watch, version) < 0 || PyType_Watch(type_watcher, (PyObject *)type) < 0) {
        return -1;
    }
    if (type->tp_version_tag == 0) {
        /* Modified too often: CPython gives it no version any more and tells nobody of changes. */
        tc_version_retire(version, "a class is modified too often to be watched");
    }
    return 0;
}

int
tc_watch_dict(tc_version *version, PyObject *dict)
{
    int made;
    tc_watch *watch = make_watch(dict, &dict_kind, &made);
    if (watch == NULL || join_watch(watch, version) < 0) {
        return -1;
    }
    if (made && PyDict_Watch(dict_watcher, dict) < 0) {
        return -1;
    }
    return 0;
}

int
tc_watch_global(tc_version *version, PyObject *dict, PyObject *name)
{
    if (!PyUnicode_CheckExact(name)) {
        PyErr_SetString(PyExc_TypeError, "a global's name must be a str");
        return -1;
    }
    if (tc_watch_dict(version, dict) < 0) {
        return -1;
    }
    PyObject *value = PyDict_GetItemWithError(dict, name);
    if (value == NULL && PyErr_Occurred()) {
        return -1;
    }
    Py_INCREF(name);
    PyUnicode_InternInPlace(&name);
    int made;
    tc_watch *watch = make_watch(dict, name, &made);
    if (watch == NULL) {
        Py_DECREF(name);
        return -1;
    }
    if (made) {
        watch->name = name;
        watch->value = value;
    }
    else {
        Py_DECREF(name);
    }
    return join_watch(watch, version);
}

int
tc_watch_function(tc_version *version, PyFunctionObject *func)
{
    int made;
    tc_watch *watch = make_watch(func, &function_kind, &made);
    return watch == NULL ? -1 : join_watch(watch, version);
}

/* Functions have a watcher that tells of their end; others need a weak reference. */
int
tc_watch_death(tc_version *version, PyObject *object)
{
    int made;
    tc_watch *watch = make_watch(object, &death_kind, &made);
    if (watch == NULL) {
        return -1;
    }
    if (made && !PyFunction_Check(object)) {
        watch->weakref = PyWeakref_NewRef(object, death_callback);
        if (watch->weakref != NULL && tc_table_set(&watches, watch->weakref, &weakref_kind, watch) < 0) {
            Py_CLEAR(watch->weakref);
            PyErr_NoMemory();
        }
        if (watch->weakref == NULL) {
            free_watch(watch);
            return -1;
        }
    }
    return join_watch(watch, version);
}

int
tc_is_watched_value(tc_version *version, PyObject *object)
{
    for (Py_ssize_t i = 0; i < version->watch_count; i++) {
        tc_watch *watch = version->watches[i];
        if (watch->name != NULL && watch->value == object) {
            return 1;
        }
    }
    return 0;
}

int
tc_keep_watched(tc_version *version, PyObject *list)
{
    for (Py_ssize_t i = 0; i < version->watch_count; i++) {
        tc_watch *watch = version->watches[i];
        if (watch->name != NULL && watch->value != NULL && PyList_Append(list, watch->value) < 0) {
            return -1;
        }
    }
    return 0;
}

/* -- callbacks -- */

static int
on_type(PyTypeObject *type)
{
    tc_watch *watch = find_watch(type, &type_kind);
    if (watch != NULL) {
        break_watch(watch, "a class was modified", 0);
    }
    return 0;
}

static void
on_global(PyObject *dict, PyObject *key, PyObject *new_value)
{
    tc_watch *watch;
    if (PyUnicode_CHECK_INTERNED(key)) {
        watch = find_watch(dict, key);
    }
    else {
        PyObject *name = Py_NewRef(key);
        PyUnicode_InternInPlace(&name);
        watch = find_watch(dict, name);
        Py_DECREF(name);
    }
    if (watch != NULL && watch->value != new_value) {
        break_watch(watch, "a global name was bound anew", 0);
    }
}

static int
on_dict(PyDict_WatchEvent event, PyObject *dict, PyObject *key, PyObject *new_value)
{
    if (event == PyDict_EVENT_ADDED || event == PyDict_EVENT_MODIFIED || event == PyDict_EVENT_DELETED) {
        if (PyUnicode_CheckExact(key)) {
            on_global(dict, key, event == PyDict_EVENT_DELETED ? NULL : new_value);
            return 0;
        }
        /* A key with its own notion of equality may stand for any name. */
        if (PyLong_CheckExact(key) || PyTuple_CheckExact(key) || key == Py_None) {
            return 0;
        }
    }
    tc_watch *watch = find_watch(dict, &dict_kind);
    if (watch != NULL) {
        int dying = event == PyDict_EVENT_DEALLOCATED;
        break_watch(watch, dying ? "a namespace died" : "a namespace was rewritten", dying);
    }
    return 0;
}

/* A watched function is going away; a reference taken now keeps it. */
static void
on_function_death(PyFunctionObject *func)
{
    tc_forget_function(func);
    tc_watch *watch = find_watch(func, &function_kind);
    if (watch != NULL) {
        break_watch(watch, "a function died", 1);
    }
    watch = find_watch(func, &death_kind);
    if (watch != NULL) {
        break_watch(watch, "a function died", 1);
    }
}

static int
on_function(PyFunction_WatchEvent event, PyFunctionObject *func, PyObject *new_value)
{
    tc_watch *watch;
    switch (event) {
        case PyFunction_EVENT_CREATE:
            tc_attach_new(func);
            break;
        case PyFunction_EVENT_DESTROY:
            on_function_death(func);
            break;
        case PyFunction_EVENT_MODIFY_CODE:
            tc_detach(func);
            tc_code_replaced(func);
            /* fall through */
        case PyFunction_EVENT_MODIFY_DEFAULTS:
        case PyFunction_EVENT_MODIFY_KWDEFAULTS:
            watch = find_watch(func, &function_kind);
            if (watch != NULL) {
                break_watch(watch, "a function was modified", 0);
            }
            break;
    }
    return 0;
}

static PyObject *
on_weakref(PyObject *module, PyObject *weakref)
{
    tc_watch *watch = tc_table_get(&watches, weakref, &weakref_kind);
    if (watch != NULL) {
        break_watch(watch, "an object that the code names died", 1);
    }
    Py_RETURN_NONE;
}

static PyMethodDef on_weakref_def = {"on_death", on_weakref, METH_O, NULL};

/* -- on and off -- */

int
tc_watch_start(void)
{
    if (death_callback == NULL && (death_callback = PyCFunction_New(&on_weakref_def, NULL)) == NULL) {
        return -1;
    }
    if (type_watcher < 0 && (type_watcher = PyType_AddWatcher(on_type)) < 0) {
        return -1;
    }
    if (dict_watcher < 0 && (dict_watcher = PyDict_AddWatcher(on_dict)) < 0) {
        return -1;
    }
    if (function_watcher < 0 && (function_watcher = PyFunction_AddWatcher(on_function)) < 0) {
        return -1;
    }
    return 0;
}

void
tc_watch_stop(void)
{
    while (watches.used) {
        size_t i = 0;
        while (watches.slots[i].a == NULL || watches.slots[i].b == &weakref_kind) {
            i++;
        }
        break_watch(watches.slots[i].value, "Tiercel was stopped", 0);
    }
    tc_table_free(&watches);
    if (type_watcher >= 0) {
        (void)PyType_ClearWatcher(type_watcher);
    }
    if (dict_watcher >= 0) {
        (void)PyDict_ClearWatcher(dict_watcher);
    }
    if (function_watcher >= 0) {
        (void)PyFunction_ClearWatcher(function_watcher);
    }
    type_watcher = dict_watcher = function_watcher = -1;
}
