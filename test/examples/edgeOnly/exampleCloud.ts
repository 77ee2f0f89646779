// examples/edge-only on a local cloud of its own: four real machines.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { type LocalCloudSettings, localCloudSettings } from "../../../localcloud/src/settings/cloud";
import { type Example, installExample } from "./example";

const root = join(__dirname, "..", "..", "..");

interface Server {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly public_net: { readonly ipv6: { readonly ip: string } | null };
}

interface FloatingIp {
  readonly type: "ipv4" | "ipv6";
  readonly server: number | null;
}

/** Who is there, and who has which address. */
export interface Assignment {
  readonly servers: readonly Server[];
  readonly floatingIps: readonly FloatingIp[];
}

export class ExampleCloud {
  readonly settings: LocalCloudSettings;
  #example: Example | undefined;

  /** @param environment of the cloud: see `ownLab` */
  constructor(private readonly environment: Readonly<Record<string, string>>) {
    this.settings = localCloudSettings(environment);
  }

  /** @param values further ones of the stack's configuration */
  async up(values: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.localcloud("up");
    const { endpoint, hostAddress, tokens } = this.settings;
    const all = {
      "hcloud:token": tokens.local ?? "",
      "hcloud:endpoint": endpoint,
      "hcloud:endpointHetzner": endpoint,
      "hcloud:pollInterval": "200ms",
      "hcloud:pollFunction": "constant",
      "edge-only:domain": "www.example.com",
      "edge-only:adminRanges[0]": `${hostAddress}/32`,
      ...values,
    };
    const env = { HCLOUD_ENDPOINT: endpoint, HETZNER_ENDPOINT: endpoint, PULUMI_PARALLEL: "32" };
    this.#example = await installExample(all, env);
    await this.pulumi("up", "--yes", "--skip-preview");
  }

  async down(): Promise<void> {
    if (this.#example === undefined) return;
    await this.localcloud("down");
    await rm(this.#example.folder, { recursive: true, force: true });
  }

  async pulumi(...args: string[]): Promise<string> {
    return (await this.#example?.pulumi(...args)) ?? "";
  }

  localcloud(...args: string[]) {
    return execa(process.execPath, ["--import", "tsx", join(root, "localcloud/src/cli/main.ts"), ...args], {
      cwd: root,
      env: this.environment,
    });
  }

  /** What a client on the internet prints; undefined: the command failed. */
  async fromInternet(...command: string[]): Promise<string | undefined> {
    const result = await this.localcloud("internet", "--", ...command).catch(() => undefined);
    return result?.exitCode === 0 ? result.stdout.trim() : undefined;
  }

  /** What a visitor of the domain gets: the name of the server that answered, or undefined. */
  visit(address: string): Promise<string | undefined> {
    const host = address.includes(":") ? `[${address}]` : address;
    const request = ["-sfg", "-m", "5", "-H", "Host: www.example.com", `http://${host}/`];
    return this.fromInternet("curl", ...request);
  }

  async power(server: number, action: "poweroff" | "poweron"): Promise<void> {
    const url = `${this.settings.endpoint}/servers/${server}/actions/${action}`;
    const { ok, status } = await fetch(url, { method: "POST", headers: this.#headers });
    if (!ok) throw new Error(`${action}: ${status}`);
  }

  async assignment(): Promise<Assignment> {
    const get = async (path: string) =>
      (
        await fetch(`${this.settings.endpoint}/${path}`, { headers: this.#headers })
      ).json() as Promise<unknown>;
    const { servers } = (await get("servers")) as { servers: Server[] };
    const { floating_ips: floatingIps } = (await get("floating_ips")) as { floating_ips: FloatingIp[] };
    return { servers, floatingIps };
  }

  get #headers() {
    return { authorization: `Bearer ${this.settings.tokens.local}` };
  }
}
