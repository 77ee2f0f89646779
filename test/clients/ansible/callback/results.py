"""Prints one JSON line for each task of a playbook."""

import json

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: results
type: stdout
short_description: one JSON line for each task
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "results"

    def _say(self, result, failed):
        answer = result._result
        line = {"task": result._task.get_name(), "changed": bool(answer.get("changed")), "failed": failed}
        if failed:
            line["message"] = str(answer.get("msg", answer))[:2000]
        self._display.display(json.dumps(line))

    def v2_runner_on_ok(self, result):
        self._say(result, False)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._say(result, True)

    def v2_runner_on_unreachable(self, result):
        self._say(result, True)
