import type { Probe } from "../../setup/status";
import { type CompleteSetup, completeSetup, type SetupFile } from "../../setup/types";

const name = "platform-served";
const counterPath = `/usr/local/lib/platform-web/${name}`;
const socketPath = `/run/${name}.sock`;
const statePath = `/var/lib/${name}/state.json`;

/** Lines of nginx's unit: whoever tells of an answer finds somebody to tell. */
export const servedUnitLines = [`Wants=${name}.socket`, `After=${name}.socket`];

/** What is told of an answer: whether it is a file of a site, and what the cache had to do with it. */
export const servedFormat = `
  log_format served '$static|$upstream_cache_status';`;

/** Line of a location whose answers are counted. A full socket costs a count and no visitor's time. */
export const servedLine = `
      access_log syslog:server=unix:${socketPath},nohostname,tag=served served;`;

/** What is given up is one minute's place in the last hour, and never a visitor's answer. */
export const counterProgram = `#!/usr/bin/python3
"""Counts lines of nginx, one for each answer. Usage: ${name} STATE_FILE [SECONDS between two writes]"""

import json
import os
import socket
import sys
import time

SPARED = {"HIT", "STALE", "UPDATING"}
path, every = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 5.0
try:
    with open(path, encoding="utf-8") as file:
        state = json.load(file)
    total = [int(state["requests"]), int(state["spared"])]
    since = float(state["since"])
except (OSError, ValueError, KeyError, TypeError):
    total, since = [0, 0], time.time()
minutes: dict[int, list[int]] = {}


def write() -> None:
    now = int(time.time() // 60)
    for minute in [one for one in minutes if one <= now - 60]:
        del minutes[minute]
    hour = [sum(counts[index] for counts in minutes.values()) for index in (0, 1)]
    told = {"since": since, "requests": total[0], "spared": total[1], "hour": {"requests": hour[0], "spared": hour[1]}}
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(told, file)
    os.replace(path + ".new", path)


# systemd hands the socket over.
listener = socket.socket(fileno=3)
write()
due = time.monotonic() + every
while True:
    listener.settimeout(max(0.01, due - time.monotonic()))
    try:
        static, _, kept = listener.recv(4096).decode(errors="replace").rpartition(": ")[2].strip().partition("|")
    except TimeoutError:
        pass
    else:
        counts = minutes.setdefault(int(time.time() // 60), [0, 0])
        for counted in (total, counts):
            counted[0] += 1
            counted[1] += static == "1" or kept in SPARED
    if time.monotonic() >= due:
        write()
        due = time.monotonic() + every
`;

/**
 * Counts answers that cost the application nothing, because they were kept or are files of a site, among all: what a
 * web server is for, as a share that operators see. Since its first start, and of the last hour.
 */
export const servedSetup: CompleteSetup = completeSetup({
  packages: ["python3"],
  files: [
    { path: counterPath, content: counterProgram, mode: "0755" },
    {
      path: `/etc/systemd/system/${name}.socket`,
      content: `[Unit]
Description=What nginx has answered

[Socket]
ListenDatagram=${socketPath}
SocketUser=www-data
SocketMode=0600
ReceiveBuffer=1M
`,
    },
    serviceFile(),
  ],
  units: [{ name: `${name}.service`, reads: [`/etc/systemd/system/${name}.service`, counterPath] }],
});

function serviceFile(): SetupFile {
  return {
    path: `/etc/systemd/system/${name}.service`,
    content: `[Unit]
Description=Counts what nginx has answered
Requires=${name}.socket
After=${name}.socket
StartLimitIntervalSec=0

[Service]
ExecStart=${counterPath} ${statePath}
DynamicUser=yes
StateDirectory=${name}
Restart=always
RestartSec=1
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectHome=yes
PrivateDevices=yes
PrivateNetwork=yes
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
LockPersonality=yes
MemoryMax=64M

[Install]
WantedBy=multi-user.target
`,
  };
}

/** How little is spared is no fault. */
export const servedProbe: Probe = {
  name: "spared",
  title: "spared",
  command: `[ -e ${statePath} ] || { jq -n '{reasons: ["nobody counts: see systemctl status ${name}"]}'; return; }
jq '. + {reasons: []}' ${statePath}`,
  details: `def share: if .requests == 0 then "no requests" else "\\(.spared) of \\(.requests) requests, \\(.spared * 1000 / .requests | round / 10) %" end;
"\\(.hour | share) of the last hour; \\(share) since \\(.since | floor | todate)"`,
};
