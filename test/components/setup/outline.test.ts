import assert from "node:assert/strict";
import { readOutline } from "../../../components/setup/outline";
import { setupChanges } from "../../../components/setup/outlineChanges";
import { renderSetup } from "../../../components/setup/render";
import { completeSetup, type MachineSetup } from "../../../components/setup/types";

const before: MachineSetup = {
  packages: ["nginx"],
  files: [
    { path: "/etc/site's.conf", content: "one\n", validate: `nginx -t -c "$1" && echo 'fine'` },
    { path: "/etc/key", content: "planted-secret\n", mode: "0600" },
    {
      path: "/usr/local/bin/helper",
      content: "#!/bin/bash\nput_file '/etc/passwd' <<'END_000000000000'\nx\n",
    },
    { path: "/etc/web-1.env", content: "A=1\n", mode: "0600" },
    { path: "/etc/web-2.env", content: "A=1\n", mode: "0600" },
  ],
  steps: [{ name: "make the operator's role", unless: "false", run: "echo 'one'" }],
  units: [
    { name: "nginx.service", reads: ["/etc/site's.conf"], onChange: "reload" },
    { name: "keys.service", reads: ["/etc/key"] },
    { name: "web-1.service", reads: ["/etc/web-1.env"], group: "web", ready: "true" },
    { name: "web-2.service", reads: ["/etc/web-2.env"], group: "web", ready: "true" },
  ],
  checks: [{ name: "it answers", command: "true" }],
};
const files = before.files ?? [];
const outline = (setup: MachineSetup) => readOutline(renderSetup("app1", setup));
const withContent = (pattern: RegExp, content: string) =>
  files.map((file) => (pattern.test(file.path) ? { ...file, content } : file));

describe("what a set-up changes", () => {
  it("is read from the script: packages, files, steps, and units with what they read", () => {
    const read = outline(before);
    assert.deepEqual(
      [...read.files.keys()],
      files.map(({ path }) => path),
    );
    assert.deepEqual(read.packages, before.packages);
    assert.deepEqual([...read.steps.keys()], ["make the operator's role"]);
    assert.deepEqual(
      read.units,
      completeSetup(before).units.map(({ name, reads, onChange = "restart", group }) => ({
        ...{ name, reads, onChange },
        inTurn: group !== undefined,
      })),
    );
  });

  for (const [what, after, lines] of [
    ["nothing", before, []],
    [
      "a file that a program reads again",
      { ...before, files: withContent(/site/, "two\n") },
      ["writes: /etc/site's.conf", "reloads: nginx.service"],
    ],
    [
      "the mode of a file",
      {
        ...before,
        files: files.map((file) => (file.path === "/etc/key" ? { ...file, mode: "0640" } : file)),
      },
      ["writes: /etc/key", "restarts: keys.service"],
    ],
    [
      "replicas",
      { ...before, files: withContent(/env$/, "A=2\n") },
      [
        "writes: /etc/web-1.env, /etc/web-2.env",
        "restarts, each when the one before is ready: web-1.service, web-2.service",
      ],
    ],
    [
      "a program that nobody runs all the time",
      { ...before, files: withContent(/helper/, "#!/bin/bash\n") },
      ["writes: /usr/local/bin/helper", "restarts nothing"],
    ],
    [
      "a step",
      { ...before, steps: [{ name: "make the operator's role", unless: "false", run: "echo 'two'" }] },
      ["runs, unless it is done already: make the operator's role", "restarts nothing"],
    ],
    ["a check", { ...before, checks: [] }, ["writes and restarts nothing: what it checks has changed"]],
    [
      "a unit and its package that come, and one that goes",
      {
        ...before,
        packages: ["nginx", "valkey"],
        files: [
          ...files.filter(({ path }) => path !== "/etc/key"),
          { path: "/etc/valkey.conf", content: "port 6379\n" },
        ],
        units: [
          ...(before.units ?? []).filter(({ name }) => name !== "keys.service"),
          { name: "valkey.service", reads: ["/etc/valkey.conf"] },
        ],
      },
      [
        "installs: valkey",
        "writes: /etc/valkey.conf",
        "stops: keys.service",
        "removes: /etc/key",
        "starts: valkey.service",
      ],
    ],
  ] as const satisfies readonly (readonly [string, MachineSetup, readonly string[]])[])
    it(`is said of ${what}, and no content with it`, () => {
      const said = setupChanges(outline(before), outline(after));
      assert.deepEqual(said, lines);
      assert.doesNotMatch(said.join("\n"), /planted|two|A=2/);
    });
});
