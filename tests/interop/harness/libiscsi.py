# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Lunway authors
"""libiscsi as an initiator for any command: its library, called directly. Its tools send only what they know."""

import ctypes
import ctypes.util
import select
import time

import pytest

from .result import CHECK_CONDITION, GOOD, Result

# What libiscsi says of a command that has no answer.
CANCELLED, ERROR = 0x0F000000, 0x0F000001
_NORMAL_SESSION = 2
_NO_DATA, _READS, _WRITES = 0, 1, 2

_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


class _Task(ctypes.Structure):
    """The part of struct scsi_task that is read here."""

    _fields_ = [("status", ctypes.c_int), ("cdb_size", ctypes.c_int), ("direction", ctypes.c_int),
                ("expected", ctypes.c_int), ("cdb", ctypes.c_ubyte * 16), ("residual_status", ctypes.c_int),
                ("residual", ctypes.c_size_t), ("sense_type", ctypes.c_ubyte), ("sense_key", ctypes.c_int),
                ("asc", ctypes.c_int), ("sense_rest", ctypes.c_ubyte * 4), ("data_size", ctypes.c_int),
                ("data", ctypes.POINTER(ctypes.c_ubyte))]


class _Data(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.c_char_p)]


def _library():
    path = ctypes.util.find_library("iscsi") or "libiscsi.so.7"
    try:
        library = ctypes.CDLL(path)
    except OSError:
        return None
    pointer = ctypes.c_void_p
    for name, result, arguments in (
            ("iscsi_create_context", pointer, [ctypes.c_char_p]),
            ("iscsi_destroy_context", ctypes.c_int, [pointer]),
            ("iscsi_set_targetname", ctypes.c_int, [pointer, ctypes.c_char_p]),
            ("iscsi_set_session_type", ctypes.c_int, [pointer, ctypes.c_int]),
            ("iscsi_set_noautoreconnect", None, [pointer, ctypes.c_int]),
            ("iscsi_full_connect_sync", ctypes.c_int, [pointer, ctypes.c_char_p, ctypes.c_int]),
            ("iscsi_logout_sync", ctypes.c_int, [pointer]),
            ("iscsi_get_error", ctypes.c_char_p, [pointer]),
            ("iscsi_get_fd", ctypes.c_int, [pointer]),
            ("iscsi_which_events", ctypes.c_int, [pointer]),
            ("iscsi_service", ctypes.c_int, [pointer, ctypes.c_int]),
            ("scsi_create_task", pointer, [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_int]),
            ("scsi_free_scsi_task", None, [pointer]),
            ("iscsi_scsi_command_async", ctypes.c_int, [pointer, ctypes.c_int, pointer, _CALLBACK, pointer, pointer]),
            ("iscsi_scsi_cancel_task", ctypes.c_int, [pointer, pointer]),
            ("iscsi_task_mgmt_abort_task_async", ctypes.c_int, [pointer, pointer, _CALLBACK, pointer]),
            ("iscsi_task_mgmt_lun_reset_async", ctypes.c_int, [pointer, ctypes.c_uint32, _CALLBACK, pointer])):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class Command:
    """One that was sent; its result is None until it ends."""

    def __init__(self, task, keep):
        self.task, self.result = task, None
        self.keep = keep


class Session:
    """A session of libiscsi with one target. Every call that waits gives up after `limit_s`."""

    def __init__(self, peers, server, name="iqn.2026-11.io.example:libiscsi", luns=2, limit_s=30):
        self.library = _library()
        if self.library is None:
            peers.find("iscsi-inq")
            pytest.skip("the library of libiscsi-bin is not there")
        self.limit_s = limit_s
        self.context = self.library.iscsi_create_context(name.encode())
        assert self.context
        self.library.iscsi_set_noautoreconnect(self.context, 1)
        self.library.iscsi_set_targetname(self.context, server.iqn.encode())
        self.library.iscsi_set_session_type(self.context, _NORMAL_SESSION)
        self._check(self.library.iscsi_full_connect_sync(self.context, server.portal.encode(), 0))
        for lun in range(luns):
            self.settle(lun)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.library.iscsi_destroy_context(self.context)

    def _check(self, result):
        assert result == 0, self.library.iscsi_get_error(self.context).decode(errors="replace")

    def begin(self, lun, cdb, data=b"", expect=0):
        direction = _WRITES if data else _READS if expect else _NO_DATA
        task = self.library.scsi_create_task(len(cdb), bytes(cdb), direction, len(data) or expect)
        command = Command(task, [])

        def ended(_context, status, _data, _private):
            fields = ctypes.cast(task, ctypes.POINTER(_Task)).contents
            got = ctypes.string_at(fields.data, fields.data_size) if fields.data else b""
            failed = status == CHECK_CONDITION
            command.result = Result(status, got[2:] if failed else b"", b"" if failed else got)

        callback = _CALLBACK(ended)
        out = _Data(len(data), bytes(data)) if data else None
        command.keep += [callback, out]
        self._check(self.library.iscsi_scsi_command_async(self.context, lun, task, callback,
                                                          ctypes.byref(out) if out else None, None))
        return command

    def end(self, command):
        self._serve(lambda: command.result is not None)
        self.library.scsi_free_scsi_task(command.task)
        return command.result

    def run(self, lun, cdb, data=b"", expect=0):
        return self.end(self.begin(lun, cdb, data, expect))

    def good(self, lun, cdb, data=b"", expect=0):
        result = self.run(lun, cdb, data, expect)
        assert result.status == GOOD, result
        return result.data

    def settle(self, lun):
        """Hears what a nexus is told first; returns the codes."""
        heard = []
        while True:
            result = self.run(lun, bytes(6))
            if result.status != CHECK_CONDITION or result.key != 6:
                return heard
            heard.append(result.asc)

    def is_silent(self, command, seconds=0.5):
        """Whether a command stays without an answer for so long."""
        self._serve(lambda: command.result is not None, seconds, or_late=True)
        return command.result is None

    def abort(self, command):
        """ABORT TASK; the response."""
        response = self._manage(lambda done: self.library.iscsi_task_mgmt_abort_task_async(self.context, command.task,
                                                                                             done, None))
        if command.result is None:
            self.forget(command)
        return response

    def forget(self, command):
        """Of a command that the target owes no answer any more."""
        self.library.iscsi_scsi_cancel_task(self.context, command.task)

    def reset(self, lun):
        """LOGICAL UNIT RESET; the response."""
        return self._manage(lambda done: self.library.iscsi_task_mgmt_lun_reset_async(self.context, lun, done, None))

    def _manage(self, send):
        responses = []

        def ended(_context, _status, data, _private):
            responses.append(ctypes.cast(data, ctypes.POINTER(ctypes.c_uint32)).contents.value if data else None)

        callback = _CALLBACK(ended)
        self._check(send(callback))
        self._serve(lambda: responses)
        return responses[0]

    def _serve(self, is_over, seconds=None, or_late=False):
        deadline = time.monotonic() + (self.limit_s if seconds is None else seconds)
        while not is_over():
            left = deadline - time.monotonic()
            if left <= 0:
                assert or_late, "libiscsi heard nothing in time"
                return
            poll = select.poll()
            poll.register(self.library.iscsi_get_fd(self.context), self.library.iscsi_which_events(self.context))
            for _, events in poll.poll(left * 1000):
                self._check(self.library.iscsi_service(self.context, events))
