/* What the functions of both files ask of their arguments. */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <string.h>

/*
 * Ask an object for its numbers, as one piece of 8-byte items of a format ("q" or "d"). They have to
 * be aligned, as an array's are: the compiler's vector instructions rely on it.
 */
static inline int get_numbers(PyObject *object, const char *format, Py_buffer *view)
{
    if (PyObject_GetBuffer(object, view, PyBUF_CONTIG_RO | PyBUF_FORMAT) < 0)
        return -1;
    if (view->itemsize != 8 || view->format == NULL || strcmp(view->format, format) != 0 ||
        (view->len > 0 && ((uintptr_t)view->buf & 7) != 0)) {
        PyBuffer_Release(view);
        PyErr_Format(PyExc_TypeError, "an array of type '%s' is wanted", format);
        return -1;
    }
    return 0;
}

/* Check that numbers `first` to `first + count` are among those of a view. */
static inline int check_range(const Py_buffer *view, Py_ssize_t first, Py_ssize_t count)
{
    if (first < 0 || count < 0 || first > view->len / 8 || count > view->len / 8 - first) {
        PyErr_SetString(PyExc_ValueError, "numbers are wanted that are not there");
        return -1;
    }
    return 0;
}

static inline int integers_of(PyObject *const *arguments, Py_ssize_t *values, int count)
{
    for (int i = 0; i < count; i++) {
        values[i] = PyLong_AsSsize_t(arguments[i]);
        if (values[i] == -1 && PyErr_Occurred())
            return -1;
    }
    return 0;
}

static inline int check_count(Py_ssize_t given, Py_ssize_t wanted)
{
    if (given == wanted)
        return 0;
    PyErr_Format(PyExc_TypeError, "%zd arguments are wanted, not %zd", wanted, given);
    return -1;
}

PyObject *pack_elements(PyObject *module, PyObject *const *arguments, Py_ssize_t given);
