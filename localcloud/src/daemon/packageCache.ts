import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "../../../toolchain/cacheDir";
import { writeAtomically } from "../linux/files";
import type { Service } from "../linux/services";
import type { LocalCloudSettings } from "../settings/cloud";
import { hostAddress6 } from "../settings/names";
import { storageBoxDomain } from "../storageBoxes/names";

/**
 * apt-cacher-ng for the machines: a package is fetched once, whichever machine asks first. It begins empty and
 * keeps what it has over `down`.
 */
export async function packageCacheService(settings: LocalCloudSettings): Promise<Service> {
  const folder = join(settings.stateDir, "package-cache");
  // Two clouds on one host must not write to the same cache.
  const cache = cacheDir(settings.name === "hp" ? "packages" : `packages-${settings.name}`);
  await mkdir(folder, { recursive: true });
  await mkdir(cache, { recursive: true });
  const configuration = {
    CacheDir: cache,
    LogDir: folder,
    SupportDir: "/usr/lib/apt-cacher-ng",
    BindAddress: settings.hostAddress,
    Port: settings.packageCachePort,
    PidFile: join(folder, "pid"),
    ForeGround: 1,
    ExThreshold: 30,
    // Mirrors behind a content network answer range requests for index files with stale parts.
    VfileUseRangeOps: -1,
    VerboseLog: 0,
  };
  const lines = Object.entries(configuration).map(([key, value]) => `${key}: ${value}\n`);
  await writeAtomically(join(folder, "acng.conf"), lines.join(""));
  return { name: "package-cache", command: "/usr/sbin/apt-cacher-ng", args: ["-c", folder] };
}

/**
 * Answers the machines' DNS questions from the host's own resolver, whatever that is, and follows its changes.
 *
 * @param serversFile which questions go elsewhere; read again, and the cache emptied, on SIGHUP
 */
export function resolverService(settings: LocalCloudSettings, ipv6: boolean, serversFile: string): Service {
  const args = [
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--bind-interfaces",
    `--listen-address=${settings.hostAddress}`,
    ...(ipv6 ? [`--listen-address=${hostAddress6(settings)}`] : []),
    "--no-hosts",
    `--addn-hosts=${settings.paths.storageBoxNames}`,
    // A box that does not exist has no name, whatever the real one is called.
    `--local=/${storageBoxDomain}/`,
    "--user=root",
    "--pid-file=",
    "--cache-size=2000",
    `--servers-file=${serversFile}`,
    "--log-facility=-",
  ];
  return { name: "resolver", command: "/usr/sbin/dnsmasq", args };
}
