#!/bin/bash
# @pulumi/pulumi 3.259.0: a hook of an inline program (Automation API) runs outside of the program.
#
# The same hook, registered by the same code. In a program of its own (`pulumi up`) it is part of the program. In an
# inline program the engine's call arrives without the asynchronous context that the SDK keeps the stack in:
#
#   what the hook does                 pulumi up       inline program        inline, AsyncResource.bind(hook)
#   pulumi.log.warn(...)               at the engine   on the console only   at the engine
#   new pulumi.Config().get("size")    the value       undefined             the value
#   pulumi.getStack()                  the stack       "stack"               the stack
#
# Who is hurt: hooks that guard something by a setting: unset reads as "not asked for", nothing fails, and what they
# warn of is in no event and no diagnostic. Libraries cannot know which kind of program makes their resources.
# What helps: read everything before the hook is made, and bind the hook to the program (components/machine/enginesHooks.ts).
#
# Needs pulumi 3.259.0, Node and npm; about half a minute. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export PULUMI_BACKEND_URL="file://$work" PULUMI_CONFIG_PASSPHRASE=x PULUMI_SKIP_UPDATE_CHECK=1
npm init --yes >/dev/null
npm install --ignore-scripts --no-audit --no-fund --loglevel=error @pulumi/pulumi@3.259.0 >/dev/null
printf 'name: hooks\nruntime: nodejs\nmain: index.js\n' >Pulumi.yaml

cat >program.js <<'END'
const pulumi = require("@pulumi/pulumi");
const { writeFileSync } = require("node:fs");
exports.program = (bind = (hook) => hook) => {
  const hook = bind(async () => {
    writeFileSync("seen", `size ${new pulumi.Config("hooks").get("size")}, stack ${pulumi.getStack()}`);
    await pulumi.log.warn("the hook warns");
  });
  new pulumi.Stash("kept", { input: 1 }, { hooks: { beforeCreate: [new pulumi.ResourceHook("guard", hook)] } });
};
END
echo 'require("./program.js").program()' >index.js
cat >inline.js <<'END'
const { AsyncResource } = require("node:async_hooks");
const { readFileSync } = require("node:fs");
const { LocalWorkspace } = require("@pulumi/pulumi/automation");
const { program } = require("./program.js");
const [name] = process.argv.slice(2);
const bind = name === "bound" ? (hook) => AsyncResource.bind(hook) : undefined;
(async () => {
  const names = { stackName: name, projectName: "hooks", program: async () => program(bind) };
  const stack = await LocalWorkspace.createOrSelectStack(names, { envVars: process.env });
  await stack.setConfig("size", { value: "7" });
  let heard = "not heard";
  await stack.up({
    onEvent: ({ diagnosticEvent }) => {
      if (diagnosticEvent?.message.includes("the hook warns")) heard = "heard";
    },
  });
  console.log(`${readFileSync("seen", "utf8")}, warning ${heard}`);
})();
END

pulumi stack init own >/dev/null
pulumi config set size 7
said=$(pulumi up --yes --skip-preview --non-interactive 2>&1)
case $said in *"the hook warns"*) heard=heard ;; *) heard="not heard" ;; esac
{
  echo "pulumi up: $(cat seen), warning $heard"
  rm seen
  echo "inline: $(node inline.js inline 2>/dev/null | tail -n 1)"
  rm seen
  echo "inline, bound: $(node inline.js bound 2>/dev/null | tail -n 1)"
} | tee outcome
diff - outcome <<'END'
pulumi up: size 7, stack own, warning heard
inline: size undefined, stack stack, warning not heard
inline, bound: size 7, stack bound, warning heard
END
echo "as described"
