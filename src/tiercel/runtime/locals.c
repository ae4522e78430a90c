/* Locals on demand.  The slots of a native frame are empty until somebody asks for them: the functions by which Python
   code can ask are watched, and fill the frames first.  Native code then leaves as soon as it regains control, since
   what it holds may no longer be what the frame holds. */

#include "exits.h"

#include <string.h>

/* -- filling frames -- */

/* What was rebuilt for a root frame while parts of its state still wait in raw values. */
typedef struct tc_memo {
    struct tc_memo *next;
    _PyInterpreterFrame *root;
    PyObject *list;
} tc_memo;

static tc_memo *memos;

int
tc_is_materialised(_PyInterpreterFrame *root, const int64_t *extra)
{
    return root->stacktop == TC_LEFT && (extra[0] & TC_MATERIALISED);
}

PyObject *
tc_take_memo(_PyInterpreterFrame *root)
{
    for (tc_memo **link = &memos; *link != NULL; link = &(*link)->next) {
        tc_memo *memo = *link;
        if (memo->root == root) {
            PyObject *list = memo->list;
            *link = memo->next;
            PyMem_Free(memo);
            return list;
        }
    }
    return NULL;
}

static int
keep_memo(_PyInterpreterFrame *root, PyObject *list)
{
    if (list == NULL) {
        return 0;
    }
    tc_memo *memo = PyMem_Malloc(sizeof(tc_memo));
    if (memo == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    *memo = (tc_memo){memos, root, Py_NewRef(list)};
    memos = memo;
    return 0;
}

/* Whether Python code could see this frame; only then is its code object there. */
static int
is_python_frame(_PyInterpreterFrame *frame)
{
    return frame->owner == FRAME_OWNED_BY_THREAD || frame->owner == FRAME_OWNED_BY_GENERATOR;
}

/* The root of the native code that the frame belongs to, or NULL. */
static _PyInterpreterFrame *
find_root(_PyInterpreterFrame *frame)
{
    while (frame != NULL && is_python_frame(frame) && frame->stacktop == TC_INLINED) {
        frame = frame->previous;
    }
    if (frame == NULL || !is_python_frame(frame)) {
        return NULL;
    }
    return frame->stacktop == TC_NATIVE || frame->stacktop == TC_LOOP || frame->stacktop == TC_LEFT ? frame : NULL;
}

/* The newest frame of the native code whose root this is, if it is on this thread. */
static _PyInterpreterFrame *
newest_of(PyThreadState *ts, _PyInterpreterFrame *root)
{
    _PyInterpreterFrame *newest = NULL;
    for (_PyInterpreterFrame *frame = ts->current_frame; frame != NULL; frame = frame->previous) {
        if (frame == root) {
            return newest ? newest : root;
        }
        if (!is_python_frame(frame) || frame->stacktop != TC_INLINED) {
            newest = NULL;
        }
        else if (newest == NULL) {
            newest = frame;
        }
    }
    return NULL;
}

static void
empty_slots(tc_state *state)
{
    for (Py_ssize_t i = 0; i < state->frame_count; i++) {
        tc_state_frame *frame = &state->frames[i];
        for (int k = 0; frame->frame != NULL && k < tc_stack_top(frame); k++) {
            Py_CLEAR(frame->frame->localsplus[k]);
        }
    }
}

static int
fill_linked(tc_state *state)
{
    for (Py_ssize_t i = 0; i < state->frame_count; i++) {
        if (state->frames[i].frame != NULL && tc_fill_frame(state, &state->frames[i]) < 0) {
            while (++i < state->frame_count) {
                state->frames[i].frame = NULL;
            }
            empty_slots(state);
            return -1;
        }
    }
    Py_XDECREF(tc_take_memo(state->root));   /* of a thread that a fork ended */
    return keep_memo(state->root, state->memo);
}

/* References that the native code goes on owning are only lent to the state. */
static void
lend_owned(tc_state *state)
{
    for (Py_ssize_t i = 0; i < state->value_count; i++) {
        if (state->kinds[i] == 'O') {
            Py_XINCREF(state->objects[i]);
        }
    }
}

static int
fill_root(tc_thread *th, _PyInterpreterFrame *root, _PyInterpreterFrame *newest, int64_t *extra)
{
    tc_site *site = (tc_site *)(uintptr_t)extra[0];
    if (site == NULL || (extra[0] & TC_NO_STATE) || site->desc == NULL) {
        return 0;
    }
    Py_ssize_t count = tc_value_count(site->desc);
    int64_t raw[count + 1];
    PyObject *objects[count + 1];
    tc_state_frame frames[tc_frame_count(site->desc)];
    tc_state state = {.th = th, .site = site, .raw = raw, .objects = objects, .root = root, .frames = frames};
    tc_read_values(site->desc, extra, raw);
    tc_read_state(&state, site->desc);
    tc_own_values(&state);
    lend_owned(&state);
    tc_find_linked(&state, newest);
    int status = fill_linked(&state);
    if (status == 0) {
        extra[0] |= TC_MATERIALISED;
        root->stacktop = TC_LEFT;
    }
    tc_release_values(&state);
    return status;
}

int
tc_materialise(_PyInterpreterFrame *frame)
{
    _PyInterpreterFrame *root = tc_is_elsewhere() ? NULL : find_root(frame);
    if (root == NULL) {
        return 0;
    }
    tc_thread *th = tc_thread_get();
    int64_t *extra = tc_extra_of(th->ts, root);
    if (tc_is_materialised(root, extra)) {
        return 0;
    }
    PyInterpreterState *interp = PyThreadState_GetInterpreter(th->ts);
    for (PyThreadState *ts = PyInterpreterState_ThreadHead(interp); ts != NULL; ts = PyThreadState_Next(ts)) {
        _PyInterpreterFrame *newest = newest_of(ts, root);
        if (newest != NULL) {
            return fill_root(th, root, newest, extra);
        }
    }
    return 0;
}

/* -- the functions that ask -- */

static int
materialise_current(void)
{
    _PyInterpreterFrame *frame = _PyThreadState_GetFrame(PyThreadState_GetUnchecked());
    return frame ? tc_materialise(frame) : 0;
}

static getter original_f_locals;
static initproc original_super_init;
static vectorcallfunc original_super_vectorcall;
static setter original_set_class;

static PyObject *
hooked_f_locals(PyObject *object, void *closure)
{
    return tc_materialise(((PyFrameObject *)object)->f_frame) < 0 ? NULL : original_f_locals(object, closure);
}

static int
hooked_super_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_GET_SIZE(args) == 0 && materialise_current() < 0) {
        return -1;
    }
    return original_super_init(self, args, kwargs);
}

static PyObject *
hooked_super_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (PyVectorcall_NARGS(nargsf) == 0 && materialise_current() < 0) {
        return NULL;
    }
    return original_super_vectorcall(type, args, nargsf, kwnames);
}

/* Native code takes the class of an object that it knows for settled between two looks at its mark. */
static int
hooked_set_class(PyObject *object, PyObject *type, void *closure)
{
    int status = original_set_class(object, type, closure);
    if (!tc_is_elsewhere()) {
        tc_mark_frames(NULL);
    }
    return status;
}

/* functions */

typedef PyObject *(*fast_function)(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);

static PyObject *locals_hook(PyObject *module, PyObject *unused);
static PyObject *vars_hook(PyObject *module, PyObject *args);
static PyObject *dir_hook(PyObject *module, PyObject *args);
static PyObject *eval_hook(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
static PyObject *exec_hook(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);

enum { LOCALS, VARS, DIR, EVAL, EXEC, FUNCTIONS };

static struct {
    const char *module;
    const char *name;
    int flags;
    PyCFunction ours;
    PyMethodDef *def;                    /* NULL: not watched */
    PyCFunction original;
} functions[FUNCTIONS] = {
    {"builtins", "locals", METH_NOARGS, locals_hook, NULL, NULL},
    {"builtins", "vars", METH_VARARGS, vars_hook, NULL, NULL},
    {"builtins", "dir", METH_VARARGS, dir_hook, NULL, NULL},
    {"builtins", "eval", METH_FASTCALL | METH_KEYWORDS, (PyCFunction)(void (*)(void))eval_hook, NULL, NULL},
    {"builtins", "exec", METH_FASTCALL | METH_KEYWORDS, (PyCFunction)(void (*)(void))exec_hook, NULL, NULL},
};

static PyObject *
locals_hook(PyObject *module, PyObject *unused)
{
    return materialise_current() < 0 ? NULL : functions[LOCALS].original(module, unused);
}

/* vars() and dir(): only without an argument is it about the caller. */
static PyObject *
without_argument(int which, PyObject *module, PyObject *args)
{
    if (PyTuple_GET_SIZE(args) == 0 && materialise_current() < 0) {
        return NULL;
    }
    return functions[which].original(module, args);
}

static PyObject *
vars_hook(PyObject *module, PyObject *args)
{
    return without_argument(VARS, module, args);
}

static PyObject *
dir_hook(PyObject *module, PyObject *args)
{
    return without_argument(DIR, module, args);
}

/* eval() and exec(): with globals they have no need of the caller's locals. */
static PyObject *
without_globals(int which, PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    if ((nargs < 2 || args[1] == Py_None) && materialise_current() < 0) {
        return NULL;
    }
    return ((fast_function)(void (*)(void))functions[which].original)(module, args, nargs, kwnames);
}

static PyObject *
eval_hook(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return without_globals(EVAL, module, args, nargs, kwnames);
}

static PyObject *
exec_hook(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return without_globals(EXEC, module, args, nargs, kwnames);
}

/* -- on and off -- */

static PyGetSetDef *
find_getset(PyTypeObject *type, const char *name)
{
    PyGetSetDef *getset = type->tp_getset;
    while (getset->name != NULL && strcmp(getset->name, name) != 0) {
        getset++;
    }
    return getset->name ? getset : NULL;
}

static int
watch_function(int which)
{
    PyObject *module = PyImport_ImportModule(functions[which].module);
    PyObject *function = module ? PyObject_GetAttrString(module, functions[which].name) : NULL;
    PyMethodDef *def = NULL;
    if (function != NULL && PyCFunction_CheckExact(function)) {
        def = ((PyCFunctionObject *)function)->m_ml;
    }
    Py_XDECREF(function);
    Py_XDECREF(module);
    if (def == NULL || def->ml_flags != functions[which].flags || strcmp(def->ml_name, functions[which].name) != 0) {
        PyErr_Format(PyExc_RuntimeError, "%s.%s is not the interpreter's own", functions[which].module,
                     functions[which].name);
        return -1;
    }
    functions[which].def = def;
    functions[which].original = def->ml_meth;
    def->ml_meth = functions[which].ours;
    return 0;
}

static void
watch_types(void)
{
    PyGetSetDef *f_locals = find_getset(&PyFrame_Type, "f_locals");
    PyGetSetDef *class = find_getset(&PyBaseObject_Type, "__class__");
    original_f_locals = f_locals->get;
    f_locals->get = hooked_f_locals;
    original_set_class = class->set;
    class->set = hooked_set_class;
    original_super_init = PySuper_Type.tp_init;
    PySuper_Type.tp_init = hooked_super_init;
    original_super_vectorcall = PySuper_Type.tp_vectorcall;
    PySuper_Type.tp_vectorcall = hooked_super_vectorcall;
}

static int installed;

int
tc_hooks_install(void)
{
    if (installed) {
        return 0;
    }
    for (int i = 0; i < FUNCTIONS; i++) {
        if (watch_function(i) < 0) {
            tc_hooks_uninstall();
            return -1;
        }
    }
    watch_types();
    tc_watch_generators();
    installed = 1;
    return 0;
}

void
tc_hooks_uninstall(void)
{
    for (int i = 0; i < FUNCTIONS; i++) {
        if (functions[i].def != NULL) {
            functions[i].def->ml_meth = functions[i].original;
            functions[i].def = NULL;
        }
    }
    if (installed) {
        find_getset(&PyFrame_Type, "f_locals")->get = original_f_locals;
        find_getset(&PyBaseObject_Type, "__class__")->set = original_set_class;
        PySuper_Type.tp_init = original_super_init;
        PySuper_Type.tp_vectorcall = original_super_vectorcall;
        tc_unwatch_generators();
        installed = 0;
    }
}
