import assert from "node:assert/strict";
import { machineBase } from "../../../components/machine/base";
import { containerSetup } from "../../../components/setup/container";
import { dockerSetup } from "../../../components/setup/docker";
import { mergeSetups } from "../../../components/setup/merge";
import { quote } from "../../../components/setup/quote";
import { renderSetup } from "../../../components/setup/render";
import type { MachineSetup } from "../../../components/setup/types";
import { planned } from "../../support/planned";
import { seedSettings } from "../../support/settings";
import { shellcheck } from "../../support/shellcheck";

const topology = planned(seedSettings);

function everything(): MachineSetup {
  return mergeSetups(
    machineBase(topology.database, topology.plan, seedSettings),
    dockerSetup({ registryMirror: "https://mirror.example:5000" }),
    containerSetup({
      name: "web-1",
      image: "example/shop@sha256:00",
      network: { address: "172.20.1.1" },
      secretEnvironment: { DATABASE_URL: "postgres://app:pa$s'w%20d@database1/app" },
      group: "web",
      ready: "true",
    }),
  );
}

describe("renderSetup", () => {
  it("renders a script that shellcheck accepts", async () => {
    // SC2016: validators and steps are expanded by the shell that runs them.
    assert.equal(await shellcheck(renderSetup("prod-database1", everything()), ["SC2016"]), "");
  });

  it("gives the same script for the same setup", () => {
    assert.equal(renderSetup("prod-database1", everything()), renderSetup("prod-database1", everything()));
  });

  it("writes files that packages read before the packages, all others after", () => {
    const script = renderSetup("m", {
      packages: ["jq"],
      files: [
        { path: "/etc/late", content: "late\n" },
        { path: "/etc/early", content: "early\n", stage: "beforePackages" },
      ],
    });
    const position = (text: string) => script.lastIndexOf(text);
    assert.ok(position("put_file '/etc/early'") < position("install_packages 'jq'"));
    assert.ok(position("install_packages 'jq'") < position("put_file '/etc/late'"));
  });

  it("keeps content that looks like its own delimiter, quotes and expansions as they are", () => {
    const content = "END_OF_NAMES\n'$HOME' `id` \\ \"\nEND_deadbeef\n";
    const script = renderSetup("m", { files: [{ path: "/etc/x", content }] });
    assert.ok(script.includes(`\n${content}END_`));
  });

  for (const [title, setup, message] of [
    ["a relative path", { files: [{ path: "etc/x", content: "\n" }] }, /etc\/x: must be absolute/],
    ["content without a last newline", { files: [{ path: "/x", content: "a" }] }, /must end with a newline/],
    [
      "a unit that reads nothing",
      { units: [{ name: "a.service", reads: [] }] },
      /a\.service: must read something/,
    ],
  ] as const) {
    it(`fails when there is ${title}`, () => {
      assert.throws(() => renderSetup("m", { ...setup }), message);
    });
  }
});

describe("quote", () => {
  for (const text of ["plain", "it's", "$(id)", "a\nb", "'"]) {
    it(`makes one bash word of ${JSON.stringify(text)}`, async () => {
      const { execa } = await import("execa");
      const echoed = await execa("bash", ["-c", `printf %s ${quote(text)}`], { stripFinalNewline: false });
      assert.equal(echoed.stdout, text);
    });
  }
});

describe("mergeSetups", () => {
  it("fails when two parts claim the same file", () => {
    const part: MachineSetup = { files: [{ path: "/etc/x", content: "\n" }] };
    assert.throws(() => mergeSetups(part, part), /file \/etc\/x is set up twice/);
  });

  it("keeps one of equal steps and packages", () => {
    const part: MachineSetup = {
      packages: ["jq"],
      steps: [{ name: "s", unless: "false", run: "true" }],
    };
    const merged = mergeSetups(part, part);
    assert.deepEqual([merged.packages.length, merged.steps.length], [1, 1]);
  });
});

describe("containerSetup", () => {
  it("puts secrets into a file 0600 and nowhere else", () => {
    const setup = containerSetup({
      name: "web-1",
      image: "example/shop@sha256:00",
      network: "host",
      environment: { PORT: "3000" },
      secretEnvironment: { PASSWORD: "marker-secret" },
    });
    const holding = setup.files.filter((file) => file.content.includes("marker-secret"));
    assert.deepEqual(
      holding.map((file) => [file.path, file.mode]),
      [["/etc/platform/web-1.secret.env", "0600"]],
    );
    assert.ok(!JSON.stringify([setup.steps, setup.units]).includes("marker-secret"));
  });

  it("fails when a value has more than one line", () => {
    assert.throws(
      () => containerSetup({ name: "a", image: "i", network: "host", environment: { KEY: "a\nb" } }),
      /KEY of a container must be one line/,
    );
  });

  it("fails when an image is no reference: root would run the rest of it", () => {
    for (const image of ["a/b; reboot", "a/b:1 --privileged", "$(id)", ""]) {
      assert.throws(
        () => containerSetup({ name: "a", image, network: "host" }),
        /image of a: got ".*", allowed/,
      );
    }
  });
});
