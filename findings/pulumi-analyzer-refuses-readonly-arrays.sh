#!/bin/bash
# @pulumi/pulumi 3.259.0: a component whose argument is a `readonly string[]` has no schema, `string[]` has one.
#
# The analyzer that makes a component package usable from other languages (`pulumi package add`, `get-schema`) knows the
# array type of TypeScript and not its read-only form, although arguments are only read. The message names the
# property and no remedy:
#
#   string[]: analyzed, rc 0
#   readonly string[]: Unsupported type for component 'Example' property 'ExampleArgs.ranges': type 'readonly string[]', rc 1
#
# Who is hurt: packages whose style marks inputs as read-only work from TypeScript, and not from Python, Go or YAML.
# What helps: mutable arrays in the arguments of exported components; values of readonly type still fit nowhere there,
# so copy them: [...ranges].
#
# Needs Node and npm; about half a minute. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --ignore-scripts --no-audit --no-fund --loglevel=error @pulumi/pulumi@3.259.0 typescript@5.9.3 >/dev/null

cat >analyze.js <<'END'
const { Analyzer } = require("@pulumi/pulumi/provider/experimental/analyzer");
const [folder] = process.argv.slice(2);
try {
  new Analyzer(folder, "example", require(`${folder}/package.json`), new Set(["Example"])).analyze();
  console.log("analyzed");
} catch (error) {
  console.log(error.message.split("\n")[0]);
  process.exitCode = 1;
}
END
verdict() {
  local output status=0
  mkdir -p component
  ln -sfn ../node_modules component/node_modules
  printf '{"name":"example","version":"1.0.0","main":"index.ts"}' >component/package.json
  printf '{"compilerOptions":{"strict":true,"skipLibCheck":true,"module":"commonjs","target":"es2022"}}' >component/tsconfig.json
  cat >component/index.ts <<END
import * as pulumi from "@pulumi/pulumi";
export interface ExampleArgs { ranges: $1; }
export class Example extends pulumi.ComponentResource {
  constructor(name: string, args: ExampleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("example:index:Example", name, {}, opts);
  }
}
END
  output=$(node analyze.js "$work/component") || status=$?
  echo "$1: $output, rc $status"
}
verdict 'string[]' | tee one
verdict 'readonly string[]' | tee two
grep -q '^string\[\]: analyzed, rc 0$' one || { echo "changed: string[] is not analyzed"; exit 1; }
grep -q "^readonly string\[\]: Unsupported type for .*readonly string\[\]'*, rc 1$" two || { echo "changed: readonly string[] is taken"; exit 1; }
