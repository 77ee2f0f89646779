#!/bin/bash
# @pulumi/pulumi 3.259.0 and pulumi 3.259.0 (npm): two front doors of one vendor look for the engine in two places.
#
# The npm package `pulumi` runs the engine that lies in $PULUMI_HOME/versions/3.259.0/bin. The Automation API's
# `PulumiCommand.install({ version })` has the same layout, but below the user's home, and does not ask PULUMI_HOME,
# which every other part of Pulumi obeys. Here each place holds an engine that says which one it is:
#
#   npx pulumi: the engine of PULUMI_HOME
#   PulumiCommand.install: the engine of the home
#
# Who is hurt: a machine whose home is not writable, or a CI cache of PULUMI_HOME: the second door downloads the engine
# again, or fails without a network. Giving it `root: $PULUMI_HOME/versions/VERSION` makes both agree.
#
# Needs Node 20 and npm; half a minute. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=3.259.0
for place in "$work/pulumi-home" "$work/home/.pulumi"; do
  mkdir -p "$place/versions/$version/bin"
  case $place in *pulumi-home) name=PULUMI_HOME ;; *) name="the home" ;; esac
  cat >"$place/versions/$version/bin/pulumi" <<END
#!/bin/sh
case \$1 in version) echo v$version ;; *) echo "the engine of $name" ;; esac
END
  chmod 0755 "$place/versions/$version/bin/pulumi"
done
cd "$work"
echo '{ "name": "try", "version": "1.0.0", "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts "@pulumi/pulumi@$version" "pulumi@$version" typescript@5.9.3
cat >install.js <<END
const { execFileSync } = require("node:child_process");
const { PulumiCommand } = require("@pulumi/pulumi/automation");
const { SemVer } = require("semver");
PulumiCommand.install({ version: new SemVer("$version") }).then(({ command }) =>
  process.stdout.write("PulumiCommand.install: " + execFileSync(command, ["whoami"])),
);
END
export HOME="$work/home" PULUMI_HOME="$work/pulumi-home"
{
  echo "npx pulumi: $(node_modules/.bin/pulumi whoami)"
  node install.js
} | tee seen
diff - seen <<'END'
npx pulumi: the engine of PULUMI_HOME
PulumiCommand.install: the engine of the home
END
echo "as described"
