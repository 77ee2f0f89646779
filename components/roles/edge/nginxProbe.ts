import type { MachineSetup } from "../../setup/types";
import { edgeHealthPort } from "./role";

const scriptPath = "/usr/local/lib/platform-edge/probe-nodes";
const unitPath = "/etc/systemd/system/platform-edge-probe.service";
const folder = "/run/platform-edge-probe";

/** It exists while no app node says that it is ready. */
export const nobodyReadyPath = `${folder}/nobody-ready`;

/**
 * What HAProxy knows from its checks and this edition of nginx cannot know: that no node is ready, so that any
 * replica may answer.
 */
export const probeSetup: MachineSetup = {
  packages: ["curl"],
  files: [
    { path: scriptPath, content: probeScript(), mode: "0755" },
    {
      path: unitPath,
      content: `[Unit]
Description=Whether any app node is ready
StartLimitIntervalSec=0

[Service]
User=www-data
RuntimeDirectory=platform-edge-probe
ExecStart=${scriptPath}
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
`,
    },
  ],
  units: [{ name: "platform-edge-probe.service", reads: [scriptPath, unitPath] }],
};

function probeScript(): string {
  return `#!/bin/bash
# Says by a file whether all app nodes have been unready three times in a row.
unready=0
while true; do
  status=$(curl -s -m 6 -o /dev/null -w '%{http_code}' http://127.0.0.1:${edgeHealthPort}/ready) || status=none
  if [[ $status = 2?? ]]; then
    unready=0
    rm -f ${nobodyReadyPath}
  else
    unready=$((unready + 1))
    [ "$unready" -lt 3 ] || : >${nobodyReadyPath}
  fi
  sleep 1
done
`;
}
