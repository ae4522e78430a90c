/* The Version type: one compiled form of a code object, its sites and what it keeps alive.

   Versions belong to their code object (co_extra), which the cycle collector does not look into.  So whatever may
   lead back to the code object is not counted: descriptions and `held` lend their references to functions, code
   objects, heap types, modules, namespaces and the values of watched globals, whose end retires the version. */

#include "tiercel.h"

/* -- lending references -- */

/* Whether a reference of this version to `object` must not be counted; its end then retires the version. */
static int
is_lent(tc_version *version, PyObject *object)
{
    if (object == (PyObject *)version->code) {
        return 1;
    }
    int watched = tc_is_watched_value(version, object);
    if (PyFunction_Check(object) || PyCode_Check(object) || PyModule_Check(object)
        || (PyType_Check(object) && PyType_HasFeature((PyTypeObject *)object, Py_TPFLAGS_HEAPTYPE)))
    {
        return tc_watch_death(version, object) < 0 ? -1 : 1;
    }
    if (PyDict_CheckExact(object)) {
        /* A namespace leads to the functions in it. */
        int namespace = PyDict_ContainsString(object, "__builtins__");
        if (namespace > 0) {
            return tc_watch_dict(version, object) < 0 ? -1 : 1;
        }
        if (namespace < 0) {
            return -1;
        }
    }
    return watched;
}

static int
count_leaf(tc_version *version, PyObject **place)
{
    version->lent_count++;
    return 0;
}

static int
lend_leaf(tc_version *version, PyObject **place)
{
    int lent = is_lent(version, *place);
    if (lent > 0) {
        version->lent[version->lent_count++] = place;
        Py_DECREF(*place);       /* somebody else has one: it was given to set_site with the code still held */
    }
    return lent < 0 ? -1 : 0;
}

static int
for_each_leaf(tc_version *version, tc_leaf_visitor visit)
{
    for (Py_ssize_t i = 0; i < version->site_count; i++) {
        PyObject *desc = version->sites[i].desc;
        if (desc != NULL && tc_desc_visit(version, desc, visit) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Stops counting the references that could lead back to the code object.  All assumptions are known by now. */
static int
lend_references(tc_version *version)
{
    version->lent_count = 0;
    (void)for_each_leaf(version, count_leaf);
    version->lent = PyMem_Calloc(version->lent_count + 1, sizeof(PyObject **));
    version->lent_count = 0;
    if (version->lent == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (for_each_leaf(version, lend_leaf) < 0) {
        return -1;
    }
    for (Py_ssize_t i = PyList_GET_SIZE(version->held); i-- > 0;) {
        int lent = is_lent(version, PyList_GET_ITEM(version->held, i));
        if (lent < 0 || (lent && PyList_SetSlice(version->held, i, i + 1, NULL) < 0)) {
            return -1;
        }
    }
    return 0;
}

/* A lent object died: nothing may touch it through a description any more. */
void
tc_version_forget_object(tc_version *version, PyObject *object)
{
    for (Py_ssize_t i = 0; i < version->lent_count; i++) {
        if (*version->lent[i] == object) {
            *version->lent[i] = Py_None;
        }
    }
}

/* Strong references to all that is lent, while native frames may still use it. */
int
tc_version_keep(tc_version *version)
{
    if (version->kept == NULL && (version->kept = PyList_New(0)) == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < version->lent_count; i++) {
        if (*version->lent[i] != Py_None && PyList_Append(version->kept, *version->lent[i]) < 0) {
            return -1;
        }
    }
    if (version->code != NULL && PyList_Append(version->kept, (PyObject *)version->code) < 0) {
        return -1;
    }
    return tc_keep_watched(version, version->kept);
}

/* Releases what exits and machine code would use. */
void
tc_version_drop_objects(tc_version *version)
{
    for (Py_ssize_t i = 0; i < version->lent_count; i++) {
        *version->lent[i] = Py_None;
    }
    PyMem_Free(version->lent);
    version->lent = NULL;
    version->lent_count = 0;
    for (Py_ssize_t i = 0; i < version->site_count; i++) {
        Py_CLEAR(version->sites[i].desc);
    }
    Py_CLEAR(version->held);
}

/* LLVM's Python side has a lock.  Machine code must not be given back wherever the program drops the last reference: what
   then runs while the lock is held may get hot, and wait for the compiler, which waits for the lock. */
PyObject *tc_old_libraries;

/* Releases everything: no native frame of the version is left and none can begin. */
void
tc_version_clear(tc_version *version)
{
    version->native = NULL;
    version->bound = NULL;
    version->enter = NULL;
    version->entry = NULL;
    tc_version_drop_objects(version);
    Py_CLEAR(version->targets);
    Py_CLEAR(version->kept);
    if (version->library != NULL && PyList_Append(tc_old_libraries, version->library) < 0) {
        PyErr_Clear();
    }
    Py_CLEAR(version->library);
}

/* -- the type -- */

static PyObject *
version_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"code", "globals", "builtins", "site_count", "param_kinds", "loop_at", "promise",
                            NULL};
    PyCodeObject *code;
    PyObject *globals, *builtins;
    Py_ssize_t site_count;
    const char *kinds, *promise = "";
    int loop_at = -1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!O!ns|is:Version", names, &PyCode_Type, &code, &PyDict_Type,
                                     &globals, &PyDict_Type, &builtins, &site_count, &kinds, &loop_at,
                                     &promise)) {
        return NULL;
    }
    if (site_count < 0 || loop_at < -1 || loop_at >= Py_SIZE(code)) {
        PyErr_SetString(PyExc_ValueError, "Version: bad site_count or loop_at");
        return NULL;
    }
    if (tc_watch_start() < 0) {
        return NULL;
    }
    tc_version *version = (tc_version *)type->tp_alloc(type, 0);
    if (version == NULL) {
        return NULL;
    }
    version->valid = version->used = 1;
    version->loop_at = loop_at;
    version->promise = promise[0];
    version->code = code;
    version->globals = globals;
    version->builtins = builtins;
    version->param_kinds = PyMem_Malloc(strlen(kinds) + 1);
    version->sites = PyMem_Calloc(site_count + 1, sizeof(tc_site));
    if (version->param_kinds == NULL || version->sites == NULL) {
        Py_DECREF(version);
        return PyErr_NoMemory();
    }
    strcpy(version->param_kinds, kinds);
    version->site_count = site_count;
    for (Py_ssize_t i = 0; i < site_count; i++) {
        version->sites[i].version = version;
    }
    version->name = loop_at < 0 ? Py_NewRef(code->co_qualname)
                                : PyUnicode_FromFormat("%U@%d", code->co_qualname, loop_at);
    version->held = PyList_New(0);
    version->kept = PyList_New(0);
    if (version->name == NULL || version->held == NULL || version->kept == NULL
        || PyList_Append(version->kept, (PyObject *)code) < 0     /* until it is installed and the code owns it */
        || tc_watch_dict(version, globals) < 0 || tc_watch_dict(version, builtins) < 0) {
        Py_DECREF(version);
        return NULL;
    }
    return (PyObject *)version;
}

static void
version_dealloc(tc_version *version)
{
    if (version->weakrefs != NULL) {
        PyObject_ClearWeakRefs((PyObject *)version);
    }
    version->valid = 0;
    tc_unwatch(version);
    tc_leave_targets(version);
    tc_version_clear(version);
    PyMem_Free(version->sites);
    PyMem_Free(version->param_kinds);
    Py_XDECREF(version->name);
    Py_XDECREF(version->reason);
    Py_TYPE(version)->tp_free((PyObject *)version);
}

static PyObject *
version_repr(tc_version *version)
{
    return PyUnicode_FromFormat("<%sVersion %U>", version->valid ? "" : "retired ", version->name);
}

/* Before installation.  A version that was retired meanwhile (another thread broke what it assumes) takes everything
   and comes to nothing. */
static int
check_open(tc_version *version)
{
    if (version->installed) {
        PyErr_SetString(PyExc_RuntimeError, "the version is installed");
        return -1;
    }
    return 0;
}

static int
check_index(tc_version *version, Py_ssize_t index)
{
    if (index < 0 || index >= version->site_count) {
        PyErr_SetString(PyExc_IndexError, "no such site");
        return -1;
    }
    return 0;
}

PyDoc_STRVAR(set_site_doc, "set_site(index, desc): what the interpreter needs at an exit from this site.");

static PyObject *
version_set_site(tc_version *version, PyObject *args)
{
    Py_ssize_t index;
    PyObject *desc;
    if (!PyArg_ParseTuple(args, "nO!:set_site", &index, &PyTuple_Type, &desc)
        || check_open(version) < 0 || check_index(version, index) < 0) {
        return NULL;
    }
    PyObject *copy = tc_desc_copy(desc);
    if (copy == NULL) {
        return NULL;
    }
    Py_XSETREF(version->sites[index].desc, copy);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(site_counts_doc, "site_counts(): how often each site was left.");

static PyObject *
version_site_counts(tc_version *version, PyObject *unused)
{
    PyObject *list = PyList_New(version->site_count);
    for (Py_ssize_t i = 0; list != NULL && i < version->site_count; i++) {
        PyObject *count = PyLong_FromUnsignedLongLong(version->sites[i].count);
        if (count == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, i, count);
    }
    return list;
}

PyDoc_STRVAR(test_value_doc, "test_value(site, number): the guard there tests the type of that raw value.");

static PyObject *
version_test_value(tc_version *version, PyObject *args)
{
    Py_ssize_t index;
    int number;
    if (!PyArg_ParseTuple(args, "ni:test_value", &index, &number) || check_open(version) < 0
        || check_index(version, index) < 0) {
        return NULL;
    }
    version->sites[index].tested = number + 1;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(seen_types_doc, "seen_types(site): version tags of the types with which the guard there failed.");

static PyObject *
version_seen_types(tc_version *version, PyObject *arg)
{
    Py_ssize_t index = PyLong_AsSsize_t(arg);
    if ((index == -1 && PyErr_Occurred()) || check_index(version, index) < 0) {
        return NULL;
    }
    PyObject *tags = PyList_New(0);
    const uint32_t *seen = version->sites[index].seen;
    for (int i = 0; tags != NULL && i < TC_SEEN_TYPES && seen[i] != 0; i++) {
        PyObject *tag = PyLong_FromUnsignedLong(seen[i]);
        if (tag == NULL || PyList_Append(tags, tag) < 0) {
            Py_CLEAR(tags);
        }
        Py_XDECREF(tag);
    }
    return tags;
}

PyDoc_STRVAR(hold_doc, "hold(objects): keeps the constants of the machine code; functions, code objects, heap types,\n"
                       "modules and namespaces weakly, their end retires the version.");

static PyObject *
version_hold(tc_version *version, PyObject *objects)
{
    if (check_open(version) < 0) {
        return NULL;
    }
    PyObject *all = PySequence_List(objects);
    if (all == NULL) {
        return NULL;
    }
    int failed = PyList_SetSlice(version->held, PY_SSIZE_T_MAX, PY_SSIZE_T_MAX, all);
    Py_DECREF(all);
    return failed ? NULL : Py_NewRef(Py_None);
}

PyDoc_STRVAR(lend_doc, "lend(): all is assumed and held that there is to be.  Of that, the version keeps alive no longer what\n"
                       "would keep it alive in turn, nor anything that the program can see the end of: that retires it.");

static PyObject *
version_lend(tc_version *version, PyObject *unused)
{
    if (check_open(version) < 0 || (version->lent == NULL && lend_references(version) < 0)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Makes the version the newest of its code, which owns it from here on.  False: it was retired meanwhile. */
static PyObject *
link_version(tc_version *version, PyObject *library)
{
    if (!version->valid) {
        Py_RETURN_FALSE;
    }
    if (version->lent == NULL && lend_references(version) < 0) {
        tc_version_retire(version, "it could not be installed");
        return NULL;
    }
    if (!version->valid) {
        Py_RETURN_FALSE;                 /* what it assumed died with the last reference to it */
    }
    tc_code *record = tc_code_make(version->code);
    if (record == NULL || tc_installed_add(version) < 0) {
        tc_version_retire(version, "it could not be installed");
        return NULL;
    }
    version->library = Py_NewRef(library);
    tc_version **chain = version->loop_at < 0 ? &record->functions : &record->loops;
    version->next = *chain;
    *chain = (tc_version *)Py_NewRef(version);
    version->installed = 1;
    Py_CLEAR(version->kept);
    Py_RETURN_TRUE;
}

PyDoc_STRVAR(install_doc, "install(native, bound, entry, library): makes it the newest version of its code;\n"
                          "False if it was retired meanwhile.\n"
                          "The arguments are addresses; entry 0: the generic one.");

static PyObject *
version_install(tc_version *version, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"native", "bound", "entry", "library", NULL};
    unsigned long long native, bound, entry;
    PyObject *library;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "KKKO:install", names, &native, &bound, &entry, &library)
        || check_open(version) < 0) {
        return NULL;
    }
    if (version->loop_at >= 0 || !bound) {
        PyErr_SetString(PyExc_ValueError, "install: not a function's version, or no bound form");
        return NULL;
    }
    version->native = (void *)(uintptr_t)native;
    version->bound = (tc_bound)(uintptr_t)bound;
    version->entry = (vectorcallfunc)(uintptr_t)entry;
    return link_version(version, library);
}

PyDoc_STRVAR(install_loop_doc, "install_loop(enter, extra_words, library): lets running loops enter it.");

static PyObject *
version_install_loop(tc_version *version, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"enter", "extra_words", "library", NULL};
    unsigned long long enter;
    Py_ssize_t extra_words;
    PyObject *library;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "KnO:install_loop", names, &enter, &extra_words, &library)
        || check_open(version) < 0) {
        return NULL;
    }
    if (version->loop_at < 0 || !enter || extra_words < 0) {
        PyErr_SetString(PyExc_ValueError, "install_loop: not a loop's version, or bad arguments");
        return NULL;
    }
    version->enter = (tc_enter)(uintptr_t)enter;
    version->extra_words = extra_words;
    return link_version(version, library);
}

PyDoc_STRVAR(assume_type_doc, "assume_type(type): retire when the type is modified or dies.");

static PyObject *
version_assume_type(tc_version *version, PyObject *type)
{
    if (!PyType_Check(type)) {
        return PyErr_Format(PyExc_TypeError, "assume_type: not a type: %R", type);
    }
    if (check_open(version) < 0 || (version->valid && tc_watch_type(version, (PyTypeObject *)type) < 0)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(assume_global_doc, "assume_global(dict, name, value): retire when the name is bound to another\n"
                                "object there, or deleted, or bound where it is not bound now.  With `value` (NULL:\n"
                                "not bound): retire at once if that is not what is bound now.");

static PyObject *
version_assume_global(tc_version *version, PyObject *args)
{
    PyObject *dict, *name, *expected = NULL;
    if (!PyArg_ParseTuple(args, "O!U|O:assume_global", &PyDict_Type, &dict, &name, &expected)
        || check_open(version) < 0 || (version->valid && tc_watch_global(version, dict, name) < 0)) {
        return NULL;
    }
    if (version->valid && expected != NULL) {
        PyObject *value = PyDict_GetItemWithError(dict, name);
        if (value == NULL && PyErr_Occurred()) {
            return NULL;
        }
        if ((value ? value : &tc_null_marker) != expected) {
            tc_version_retire(version, "a global name was bound anew");
        }
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(assume_function_doc, "assume_function(function): retire when its code or defaults change or it dies.");

static PyObject *
version_assume_function(tc_version *version, PyObject *function)
{
    if (!PyFunction_Check(function)) {
        return PyErr_Format(PyExc_TypeError, "assume_function: not a function: %R", function);
    }
    if (check_open(version) < 0
        || (version->valid && tc_watch_function(version, (PyFunctionObject *)function) < 0)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(retire_doc, "retire(reason): no call enters it any more; its active frames leave when they regain\n"
                         "control.");

static PyObject *
version_retire(tc_version *version, PyObject *reason)
{
    const char *text = PyUnicode_AsUTF8(reason);
    if (text == NULL) {
        return NULL;
    }
    tc_version_retire(version, text);
    Py_RETURN_NONE;
}

static PyObject *
version_get_exits(tc_version *version, void *closure)
{
    uint64_t sum = 0;
    for (Py_ssize_t i = 0; i < version->site_count; i++) {
        sum += version->sites[i].count;
    }
    return PyLong_FromUnsignedLongLong(sum);
}

static PyObject *
version_get_address(tc_version *version, void *closure)
{
    return PyLong_FromVoidPtr(version);
}

static PyObject *
version_get_sites_address(tc_version *version, void *closure)
{
    return PyLong_FromVoidPtr(version->sites);
}

static PyObject *
version_get_native(tc_version *version, void *closure)
{
    return PyLong_FromVoidPtr(version->native);
}

static PyObject *
version_get_code(tc_version *version, void *closure)
{
    return Py_NewRef(version->code ? (PyObject *)version->code : Py_None);
}

static PyObject *
version_get_reason(tc_version *version, void *closure)
{
    return Py_NewRef(version->reason ? version->reason : Py_None);
}

PyDoc_STRVAR(suspend_doc, "suspend(): the next call or round that would be its is interpreted, and a hook asked about it.");

static PyObject *
version_suspend(tc_version *version, PyObject *unused)
{
    tc_version_suspend(version);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(resume_doc, "resume(): calls and rounds are its again.");

static PyObject *
version_resume(tc_version *version, PyObject *unused)
{
    tc_version_resume(version);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(rest_doc, "rest(): from here on `used` tells whether it is entered.  A function's is not before the interpreter\n"
                       "has seen a call.");

static PyObject *
version_rest(tc_version *version, PyObject *unused)
{
    tc_version_rest(version);
    Py_RETURN_NONE;
}

static PyObject *
version_get_running(tc_version *version, void *closure)
{
    return PyBool_FromLong(tc_is_active(version));
}

static PyMethodDef version_methods[] = {
    {"set_site", (PyCFunction)version_set_site, METH_VARARGS, set_site_doc},
    {"test_value", (PyCFunction)version_test_value, METH_VARARGS, test_value_doc},
    {"seen_types", (PyCFunction)version_seen_types, METH_O, seen_types_doc},
    {"site_counts", (PyCFunction)version_site_counts, METH_NOARGS, site_counts_doc},
    {"hold", (PyCFunction)version_hold, METH_O, hold_doc},
    {"lend", (PyCFunction)version_lend, METH_NOARGS, lend_doc},
    {"install", (PyCFunction)(void (*)(void))version_install, METH_VARARGS | METH_KEYWORDS, install_doc},
    {"install_loop", (PyCFunction)(void (*)(void))version_install_loop, METH_VARARGS | METH_KEYWORDS, install_loop_doc},
    {"assume_type", (PyCFunction)version_assume_type, METH_O, assume_type_doc},
    {"assume_global", (PyCFunction)version_assume_global, METH_VARARGS, assume_global_doc},
    {"assume_function", (PyCFunction)version_assume_function, METH_O, assume_function_doc},
    {"suspend", (PyCFunction)version_suspend, METH_NOARGS, suspend_doc},
    {"resume", (PyCFunction)version_resume, METH_NOARGS, resume_doc},
    {"rest", (PyCFunction)version_rest, METH_NOARGS, rest_doc},
    {"retire", (PyCFunction)version_retire, METH_O, retire_doc},
    {NULL},
};

static PyMemberDef version_members[] = {
    {"valid", Py_T_BOOL, offsetof(tc_version, valid), Py_READONLY, NULL},
    {"installed", Py_T_BOOL, offsetof(tc_version, installed), Py_READONLY, NULL},
    {"used", Py_T_BOOL, offsetof(tc_version, used), Py_READONLY, "whether it was entered since `rest`"},
    {"loop_at", Py_T_INT, offsetof(tc_version, loop_at), Py_READONLY, NULL},
    {"site_count", Py_T_PYSSIZET, offsetof(tc_version, site_count), Py_READONLY, NULL},
    {"param_kinds", Py_T_STRING, offsetof(tc_version, param_kinds), Py_READONLY, NULL},
    {"name", Py_T_OBJECT_EX, offsetof(tc_version, name), 0, "what reports call it"},
    {"calls", Py_T_ULONGLONG, offsetof(tc_version, calls), Py_READONLY, NULL},
    {"work", Py_T_LONGLONG, offsetof(tc_version, work), 0, "operations of quickly made code before it is outgrown"},
    {"detours", Py_T_ULONGLONG, offsetof(tc_version, detours), Py_READONLY, NULL},
    {"misses", Py_T_ULONGLONG, offsetof(tc_version, misses), Py_READONLY, NULL},
    {"library", Py_T_OBJECT_EX, offsetof(tc_version, library), Py_READONLY, NULL},
    {NULL},
};

static PyGetSetDef version_getset[] = {
    {"exits", (getter)version_get_exits, NULL, "how often any of its sites was left", NULL},
    {"address", (getter)version_get_address, NULL, NULL, NULL},
    {"sites_address", (getter)version_get_sites_address, NULL, NULL, NULL},
    {"native", (getter)version_get_native, NULL, "the address of its native form", NULL},
    {"code", (getter)version_get_code, NULL, "None once it is gone", NULL},
    {"running", (getter)version_get_running, NULL, "whether a thread is in it", NULL},
    {"reason", (getter)version_get_reason, NULL, "why it was retired, or None", NULL},
    {NULL},
};

PyDoc_STRVAR(version_doc, "Version(code, globals, builtins, site_count, param_kinds, loop_at=-1, promise='')\n--\n\n"
                          "One compiled form of a code object, or of its running loop at `loop_at`.");

PyTypeObject tc_version_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tiercel._runtime.Version",
    .tp_doc = version_doc,
    .tp_basicsize = sizeof(tc_version),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = version_new,
    .tp_dealloc = (destructor)version_dealloc,
    .tp_repr = (reprfunc)version_repr,
    .tp_weaklistoffset = offsetof(tc_version, weakrefs),
    .tp_methods = version_methods,
    .tp_members = version_members,
    .tp_getset = version_getset,
};
