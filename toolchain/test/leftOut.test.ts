import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ExecaChildProcess, execa } from "execa";
import { ensureTool, type ToolName } from "../build";
import { freePort } from "./sshServer";

/** Whoever asks a program of ours for something that it was compiled without must learn that, and where to get it. */
describe("programs that were compiled without something", function () {
  this.timeout(30 * 60_000);
  let folder: string;
  const programs: Partial<Record<ToolName, string>> = {};

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "toolchain-left-out-"));
    await mkdir(join(folder, "state"));
    await writeFile(join(folder, "Pulumi.yaml"), "name: left-out\nruntime: nodejs\n");
    for (const name of ["pulumi", "traefik", "versitygw"] as const) {
      programs[name] = await ensureTool(name, (line) => console.error(line));
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const run = (name: ToolName, args: readonly string[], env: Record<string, string> = {}) =>
    execa(programs[name] ?? "", args, {
      cwd: folder,
      env: {
        HOME: folder,
        PULUMI_HOME: join(folder, "home"),
        PULUMI_SKIP_UPDATE_CHECK: "1",
        PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: "left out",
        ...env,
      },
      all: true,
      reject: false,
      timeout: 60_000,
    });

  const pulumi: [asked: string, args: string[]][] = [
    ["gs://", ["login", "gs://bucket"]],
    ["azblob://", ["login", "azblob://bucket"]],
    ["pulumi api", ["api", "/api/user"]],
    ["pulumi neo", ["neo", "hello"]],
    ...["awskms", "azurekeyvault", "gcpkms", "hashivault"].map((scheme): [string, string[]] => [
      `${scheme}://`,
      ["stack", "init", scheme, `--secrets-provider=${scheme}://key`],
    ]),
  ];
  for (const [asked, args] of pulumi) {
    it(`pulumi: says that ${asked} was left out, and where to get it`, async () => {
      const { all, exitCode } = await run("pulumi", args);
      assert.notEqual(exitCode, 0);
      assert.ok(all?.includes(asked), all);
      assert.match(all ?? "", /left out of this build.*https:\/\/www\.pulumi\.com\/docs\/install/s);
    });
  }

  const traefik: [asked: string, args: string[]][] = [
    ["providers.docker", ["--providers.docker.endpoint=tcp://127.0.0.1:1"]],
    ["providers.kubernetesCRD", ["--providers.kubernetesCRD.endpoint=https://127.0.0.1:1"]],
    [
      "certificatesResolvers.one.acme.dnsChallenge",
      ["--certificatesResolvers.one.acme.dnsChallenge.provider=hetzner"],
    ],
    ["metrics.influxDB2", ["--metrics.influxDB2=true"]],
    ["experimental.plugins", ["--experimental.plugins.one.moduleName=example.org/one"]],
  ];
  for (const [asked, args] of traefik) {
    it(`traefik: refuses to start with ${asked}, by name`, async () => {
      const { all, exitCode } = await run("traefik", [...args, "--entryPoints.web.address=127.0.0.1:0"]);
      assert.notEqual(exitCode, 0);
      assert.ok(all?.includes(asked), all);
      assert.match(all ?? "", /left out of this build/);
    });
  }

  it("traefik: refuses a provider of a file as well", async () => {
    const file = join(folder, "traefik.yml");
    await writeFile(file, "providers:\n  docker:\n    endpoint: tcp://127.0.0.1:1\n");
    const { all, exitCode } = await run("traefik", [`--configFile=${file}`]);
    assert.notEqual(exitCode, 0);
    assert.match(all ?? "", /providers\.docker: left out of this build/);
  });

  const versitygw: [asked: string, args: string[]][] = [
    ["versitygw azure", ["azure", "--account", "a"]],
    ["versitygw test", ["test", "full-flow"]],
    ["Kafka", ["--event-kafka-url=127.0.0.1:1", "--event-kafka-topic=t", "posix", "state"]],
    ["NATS", ["--event-nats-url=127.0.0.1:1", "--event-nats-topic=t", "posix", "state"]],
  ];
  for (const [asked, args] of versitygw) {
    it(`versitygw: says that ${asked} was left out`, async () => {
      const options = ["--access=a", "--secret=b", "--port=127.0.0.1:0"];
      const { all, exitCode } = await run("versitygw", [...options, ...args]);
      assert.notEqual(exitCode, 0);
      assert.ok(all?.includes(asked), all);
      assert.match(all ?? "", /left out of this build/);
    });
  }

  it("pulumi: still keeps state in object storage that speaks S3", async () => {
    await mkdir(join(folder, "objects", "state"), { recursive: true });
    const port = await freePort();
    const options = [
      "--access=a",
      "--secret=b",
      `--port=127.0.0.1:${port}`,
      "--region=fsn1",
      "posix",
      "objects",
    ];
    const gateway = execa(programs.versitygw ?? "", options, { cwd: folder, reject: false });
    try {
      await accepts(port, gateway);
      const env = {
        PULUMI_BACKEND_URL: `s3://state?region=fsn1&endpoint=http://127.0.0.1:${port}&s3ForcePathStyle=true`,
        AWS_ACCESS_KEY_ID: "a",
        AWS_SECRET_ACCESS_KEY: "b",
      };
      const init = await run("pulumi", ["stack", "init", "one", "--secrets-provider=passphrase"], env);
      assert.equal(init.exitCode, 0, init.all);
      const list = await run("pulumi", ["stack", "ls", "--json"], env);
      assert.match(list.stdout, /"name": "one"/);
    } finally {
      gateway.kill();
      await gateway;
    }
  });
});

async function accepts(port: number, server: ExecaChildProcess): Promise<void> {
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    if (server.exitCode !== null) assert.fail(`the gateway ended: ${(await server).stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
