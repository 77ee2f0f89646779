#!/bin/bash
# Pulumi 3.259.0 (CLI and @pulumi/pulumi): a resource that the program could not register counts as one that it no
# longer wants, in three cases, and the engine deletes it.
#
#   1. `pulumi up`, the connection breaks at a registration (gRPC UNAVAILABLE or CANCELLED): the SDK takes the engine for
#      one that ends, suppresses the error, and the process ends with 0:    deleted, rc 0
#   2. the same at the first call of an inline program (Automation API) in a process that listens to
#      `unhandledRejection`, as mocha does: the program never runs:         deleted, up succeeds
#   3. an inline program whose resource waits for a value that is rejected: `disconnect` tells the engine that the program
#      has ended well before the error is looked at:                        deleted, up fails afterwards
#
# Who is hurt: whoever runs inline programs that can fail after their first resource; for the others it takes a
# connection on loopback that breaks, as when a process stands still for longer than gRPC waits for it to connect.
# What helps: `protect`; in a program of its own, an exit status when a resource has no URN at the end
# (components/stack/wholeProgram.ts); to fail before the first resource, or in a hook; a preview that is read.
#
# Needs pulumi 3.259.0, Node and npm; about a minute. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export PULUMI_BACKEND_URL="file://$work" PULUMI_CONFIG_PASSPHRASE=x PULUMI_SKIP_UPDATE_CHECK=1
npm init --yes >/dev/null
npm install --ignore-scripts --no-audit --no-fund --loglevel=error @pulumi/pulumi@3.259.0 >/dev/null
printf 'name: lost\nruntime: nodejs\nmain: index.js\n' >Pulumi.yaml

cat >program.js <<'END'
const pulumi = require("@pulumi/pulumi");
exports.unavailable = () => Object.assign(new Error("14 UNAVAILABLE: No connection established"), { code: 14 });
exports.program = (fault) => {
  const monitor = pulumi.runtime.getMonitor();
  if (fault === "lost")
    monitor.registerResource = (request, ...rest) => setImmediate(() => rest.at(-1)(exports.unavailable()));
  const value = fault === "rejected" ? pulumi.output(1).apply(() => { throw new Error("no value"); }) : 1;
  new pulumi.Stash("kept", { input: value });
};
END
echo 'require("./program.js").program(process.env.FAULT)' >index.js
cat >inline.js <<'END'
process.on("unhandledRejection", () => undefined);
const { LocalWorkspace } = require("@pulumi/pulumi/automation");
const { ResourceMonitorClient } = require("@pulumi/pulumi/proto/resource_grpc_pb");
const { program, unavailable } = require("./program.js");
const [fault] = process.argv.slice(2);
(async () => {
  const inline = (wanted) => async () => program(wanted);
  const names = { stackName: fault, projectName: "inline", program: inline("none") };
  const stack = await LocalWorkspace.createOrSelectStack(names, { envVars: process.env });
  await stack.up();
  if (fault === "unheard")
    ResourceMonitorClient.prototype.getDeploymentInfo = (_, answer) => setTimeout(() => answer(unavailable()), 50);
  stack.workspace.program = inline(fault);
  const ended = await stack.up().then(() => "succeeds", () => "fails");
  const { resources } = (await stack.exportStack()).deployment;
  const isThere = (resources ?? []).some(({ urn }) => urn.endsWith("::kept"));
  console.log(`${isThere ? "kept" : "deleted"}, up ${ended}`);
  process.exit(0);
})();
END

pulumi stack init lost >/dev/null
up() { pulumi up --yes --skip-preview --non-interactive >/dev/null 2>&1; }
up
status=0
FAULT=lost up || status=$?
left=$(pulumi stack export | grep -c '::kept"' || true)
changed=0
check() {
  echo "$1: $2"
  [ "$2" = "$3" ] || changed=1
}
check "broken at a registration" "$left left, rc $status" "0 left, rc 0"
check "broken before the first" "$(node inline.js unheard)" "deleted, up succeeds"
check "a value is rejected" "$(node inline.js rejected)" "deleted, up fails"
exit "$changed"
