import { randomBytes } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { execa } from "execa";
import { stringify } from "yaml";
import { ensureHostPackages } from "../linux/hostPackages";
import { defaultStorage } from "./storage";

export interface RegistryOptions {
  /** @default `registry` in the cache folder */
  readonly storage?: string;
  /** Address that the registry listens on: `198.51.100.1`. One process serves one address. */
  readonly address: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
  /** Paths of the TLS certificate and key in PEM. @default - plain HTTP, for loopback */
  readonly certificate?: string;
  readonly key?: string;
  /** @default "warn" */
  readonly logLevel?: "debug" | "info" | "warn" | "error";
}

export interface ProcessSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * How to run Debian's docker-registry over the stored images. Writes its configuration file; the caller runs
 * and supervises the process, which may be killed at any time.
 */
export async function registryProcess(options: RegistryOptions): Promise<ProcessSpec> {
  await ensureHostPackages(["docker-registry"]);
  const storage = options.storage ?? defaultStorage();
  await mkdir(storage, { recursive: true });
  const place = `${options.address}-${options.port}`.replace(/[^0-9A-Za-z.-]/g, "_");
  const file = join(storage, `registry-${place}.yml`);
  await writeFile(`${file}.new`, stringify(configuration(options, storage)), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return { command: "docker-registry", args: ["serve", file], env: {} };
}

function configuration(options: RegistryOptions, storage: string): object {
  const host = options.address.includes(":") ? `[${options.address}]` : options.address;
  const tls =
    options.certificate === undefined ? {} : { tls: { certificate: options.certificate, key: options.key } };
  return {
    version: 0.1,
    log: { level: options.logLevel ?? "warn", formatter: "json", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage } },
    http: { addr: `${host}:${options.port}`, secret: randomBytes(16).toString("hex"), ...tls },
  };
}

export interface RunningRegistry {
  /** `127.0.0.1:41234`. */
  readonly host: string;
  stop(): Promise<void>;
}

/**
 * Runs a registry on a free loopback port, without TLS, for as long as images are pushed. The kernel ends it
 * with this process, however that ends.
 */
export async function startRegistry(storage: string): Promise<RunningRegistry> {
  const { command, args } = await registryProcess({
    storage,
    address: "127.0.0.1",
    port: 0,
    logLevel: "info",
  });
  const child = execa("setpriv", ["--pdeathsig", "KILL", command, ...args], {
    buffer: false,
    reject: false,
    all: true,
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await child;
  };
  return { host: `127.0.0.1:${await listeningPort(child.all)}`, stop };
}

/** The registry names its port once it listens; what it says afterwards is read and dropped. */
function listeningPort(output: Readable | undefined): Promise<string> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    if (output === undefined) return reject(new Error("docker-registry has no output"));
    const reader = createInterface({ input: output });
    reader.on("line", (line) => {
      if (lines.length < 10) lines.push(line);
      const port = /listening on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(port);
    });
    reader.on("close", () => reject(new Error(`docker-registry did not start:\n${lines.join("\n")}`)));
  });
}
