// The page on a real control server over a cloud in memory, in a headless Chromium of its own.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import type { Fault } from "../../src/contract/control";
import { createRecentRequests } from "../../src/control/requests";
import { createControl } from "../../src/control/server";
import {
  type FaultDriver,
  type FaultDrivers,
  type FaultRegistry,
  openFaultRegistry,
} from "../../src/faults/registry";
import { serverNamed } from "../../src/faults/targets";
import { ensureHostPackages } from "../../src/linux/hostPackages";
import type { RequestLog } from "../../src/settings/api";
import { TestCloud } from "../api/testCloud";

/** Debian's Chromium, without anything that it does by itself on a network. */
const quietly = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Why no browser can run here; undefined when one can. */
export function whyNoBrowser(): string | undefined {
  if (process.platform !== "linux") return `Debian's Chromium needs Linux, this is ${process.platform}`;
  return process.getuid?.() === 0 ? undefined : "only root can install Debian's Chromium";
}

export interface OpenPage {
  readonly page: Page;
  /** Errors of the console and of scripts, and requests to anything but the control server. */
  readonly complaints: string[];
}

export class PageLab {
  private constructor(
    readonly cloud: TestCloud,
    readonly faults: FaultRegistry,
    private readonly listen: (port: number) => Promise<() => Promise<void>>,
    private close: () => Promise<void>,
    readonly port: number,
    private readonly folder: string,
  ) {}

  private readonly contexts: BrowserContext[] = [];

  static async start(): Promise<PageLab> {
    await ensureHostPackages(["chromium"]);
    const folder = await mkdtemp(join(tmpdir(), "localcloud-page-"));
    const requests = createRecentRequests();
    const cloud = await TestCloud.start({ onRequest: (line: RequestLog) => requests.add(line) });
    const problems = (problem: string) => cloud.problems.push(problem);
    const faults = await openFaultRegistry({
      path: join(folder, "faults.json"),
      drivers: recordedOnly(cloud),
      onProblem: problems,
    });
    const listen = async (port: number) => {
      const control = createControl({
        store: cloud.store,
        host: cloud.host,
        faults,
        requests,
        endpoint: "http://198.51.100.1:8080/v1",
        port,
        status: () => Promise.reject(new Error("no daemon here")),
        acme: { begin: () => Promise.reject(new Error("no daemon here")) },
        onProblem: problems,
      });
      await control.listen({ host: "127.0.0.1", port });
      return () => control.close();
    };
    const port = 18_000 + 3 * 6 + 36 * Number(process.env.LAB_SLOT ?? 0);
    return new PageLab(cloud, faults, listen, await listen(port), port, folder);
  }

  /** The daemon is gone. */
  async stopControl() {
    await this.close();
  }

  /** Another daemon, at the same address. */
  async startControl() {
    this.close = await this.listen(this.port);
  }

  async open(
    look: { colorScheme?: "light" | "dark"; reducedMotion?: "reduce" | "no-preference"; width?: number } = {},
  ): Promise<OpenPage> {
    const { width = 1440, ...media } = look;
    const context = await chromium.launchPersistentContext(await mkdtemp(join(this.folder, "profile-")), {
      executablePath: "/usr/bin/chromium",
      headless: true,
      args: quietly,
      viewport: { width, height: 900 },
      permissions: ["clipboard-read", "clipboard-write"],
      ...media,
    });
    this.contexts.push(context);
    const page = context.pages()[0] ?? (await context.newPage());
    const complaints: string[] = [];
    const origin = `http://127.0.0.1:${this.port}`;
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    context.on("request", (request) => {
      if (new URL(request.url()).origin !== origin) complaints.push(`request to ${request.url()}`);
    });
    await page.goto(`${origin}/`);
    await page.getByText("Live", { exact: true }).waitFor();
    return { page, complaints };
  }

  async stop() {
    for (const context of this.contexts) await context.close();
    this.faults.close();
    await this.close();
    await this.cloud.stop();
    await rm(this.folder, { recursive: true });
  }
}

/** Faults are known and timed as always, but nothing breaks. */
function recordedOnly(cloud: TestCloud): FaultDrivers {
  const driver: FaultDriver<Fault> = {
    targets: (fault) => ("server" in fault ? [serverNamed(cloud.store, fault.server).id] : []),
    begin: async () => undefined,
    end: async () => undefined,
  };
  return {
    api: driver,
    "power-off": driver,
    freeze: driver,
    partition: driver,
    network: driver,
    "full-disk": driver,
    "clock-shift": driver,
    metadata: driver,
    "host-failure": driver,
  };
}
