import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { localCloudSettings } from "../../../localcloud/src/settings/cloud";
import { ownLab, whyNoMachines } from "../../../localcloud/test/machines/lab";
import { eventually } from "../../support/eventually";
import { type Example, installExample } from "./example";

const root = join(__dirname, "..", "..", "..");

describe("examples/edge-only on the local cloud", function () {
  this.timeout("15m");
  const environment = ownLab("edge", 6);
  const settings = localCloudSettings(environment);
  let example: Example | undefined;
  let virtualIp = "";

  const localcloud = (...args: string[]) =>
    execa(process.execPath, ["--import", "tsx", join(root, "localcloud/src/cli/main.ts"), ...args], {
      cwd: root,
      env: environment,
    });

  /** What a visitor of the domain gets: the name of the server that answered, or undefined. */
  const visit = async (): Promise<string | undefined> => {
    const request = ["curl", "-sf", "-m", "5", "-H", "Host: www.example.com", `http://${virtualIp}/`];
    const { stdout, exitCode } = await localcloud("internet", "--", ...request).catch(() => ({
      stdout: "",
      exitCode: 1,
    }));
    return exitCode === 0 ? stdout.trim() : undefined;
  };

  before(async function () {
    const reason = whyNoMachines();
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    await localcloud("up");
    const { endpoint, hostAddress, tokens } = settings;
    const values = {
      "hcloud:token": tokens.local ?? "",
      "hcloud:endpoint": endpoint,
      "hcloud:endpointHetzner": endpoint,
      "hcloud:pollInterval": "200ms",
      "hcloud:pollFunction": "constant",
      "edge-only:domain": "www.example.com",
      "edge-only:adminRanges[0]": `${hostAddress}/32`,
    };
    const env = { HCLOUD_ENDPOINT: endpoint, HETZNER_ENDPOINT: endpoint, PULUMI_PARALLEL: "32" };
    example = await installExample(values, env);
    await example.pulumi("up", "--yes", "--skip-preview");
    virtualIp = (await example.pulumi("stack", "output", "virtualIp")).trim();
  });

  after(async () => {
    if (example === undefined) return;
    await localcloud("down");
    await rm(example.folder, { recursive: true, force: true });
  });

  it("answers through the virtual IP, from both servers", async () => {
    const seen = new Set<string>();
    const both = async () => {
      const name = await visit();
      if (name !== undefined) seen.add(name);
      return seen.size === 2;
    };
    await eventually(both, "both servers answer", { limitMs: 180_000 });
    assert.deepEqual([...seen].sort(), ["shop-web1", "shop-web2"]);
  });

  it("answers again when the machine that had the address is off", async () => {
    const { servers, floatingIps } = await assignment();
    const master = servers.find(({ id }) => id === floatingIps[0]?.server);
    assert.ok(master !== undefined, "a machine has the address");
    await fetch(`${settings.endpoint}/servers/${master.id}/actions/poweroff`, {
      method: "POST",
      headers: headers(),
    });
    await eventually(
      async () => (await assignment()).floatingIps[0]?.server !== master.id,
      "the address moves",
      {
        limitMs: 60_000,
      },
    );
    await eventually(async () => (await visit()) !== undefined, "the other one answers", { limitMs: 30_000 });
    await fetch(`${settings.endpoint}/servers/${master.id}/actions/poweron`, {
      method: "POST",
      headers: headers(),
    });
  });

  it("is up to date: a second up changes nothing", async () => {
    assert.match(
      (await example?.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")) ?? "",
      /unchanged/,
    );
  });

  const headers = () => ({ authorization: `Bearer ${settings.tokens.local}` });

  async function assignment() {
    const get = async (path: string) =>
      (await fetch(`${settings.endpoint}/${path}`, { headers: headers() })).json() as Promise<unknown>;
    const { servers } = (await get("servers")) as { servers: { id: number; name: string }[] };
    const { floating_ips: floatingIps } = (await get("floating_ips")) as {
      floating_ips: { server: number | null }[];
    };
    return { servers, floatingIps };
  }
});
