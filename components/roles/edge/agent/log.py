"""What the agent says: lines for the journal, each with its priority."""

import sys

from hetzner import Answer


class Log:
    def __init__(self) -> None:
        self._said = ""

    def say(self, priority: int, line: str) -> None:
        # One line for a state that lasts, however often the loop passes it.
        if line == self._said:
            return
        self._said = line
        print(f"<{priority}>{line}", file=sys.stderr, flush=True)

    def complain(self, what: str, answer: Answer) -> None:
        if answer.status in (401, 403):
            self.say(2, f"{what}: {answer}: the token cannot move the address")
        else:
            self.say(4, f"{what}: {answer}")
