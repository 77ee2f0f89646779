import { listenEarlySetup } from "../../setup/listenEarly";
import { mergeSetups } from "../../setup/merge";
import { noticedWithinSeconds, proxyHealthPath, siteEntrance } from "../../setup/site";
import { issueFirst, trustPaths } from "../../setup/tiers/paths";
import type { CompleteSetup, SetupCheck } from "../../setup/types";
import { keepRunning } from "../../setup/unit";
import { brotliPackages } from "./compression";
import { leavingPath, webConfig } from "./nginx";
import { profileOf, type WebOptions } from "./options";
import { passwordFiles } from "./passwords";
import { purgeFile } from "./purge";
import { releaseFile, siteFolders } from "./release";
import { fetchSteps, type SiteStore, storeFiles } from "./releaseStore";
import { servedSetup, servedUnitLines } from "./served";
import { webProbes } from "./status";

const configPath = "/etc/nginx/nginx.conf";

const graceSeconds = 50;

const dropIn = keepRunning({
  unit: "nginx.service",
  unitLines: servedUnitLines,
  serviceLines: [
    "RestartSec=100ms",
    "# A server answers more requests than journald lets a unit log by itself.",
    "LogRateLimitIntervalSec=10s",
    "LogRateLimitBurst=50000",
    "LimitNOFILE=1048576",
    "RuntimeDirectory=platform-web",
    "# The load balancers look elsewhere first, then old connections end what they have begun.",
    "ExecStop=",
    `ExecStop=-/bin/sh -c 'touch ${leavingPath}; sleep ${noticedWithinSeconds}'`,
    `ExecStop=-/sbin/start-stop-daemon --quiet --stop --retry QUIT/${graceSeconds} --pidfile /run/nginx.pid`,
    `TimeoutStopSec=${noticedWithinSeconds + graceSeconds + 5}`,
  ],
});

/**
 * nginx and its commands on one web server. Secret where a protected path has passwords or files come from a store.
 *
 * @param store with the releases of sites that come from there
 */
export function webSetup(
  options: WebOptions,
  secrets: Readonly<Record<string, string>> = {},
  store?: SiteStore,
): CompleteSetup {
  const { sites, protectedPaths } = options.content;
  const passwords = passwordFiles(protectedPaths, secrets);
  const names = Object.keys(sites).sort();
  const certified = options.overTls || options.nodesRole !== undefined;
  return mergeSetups(listenEarlySetup, servedSetup, {
    packages: [
      ...["nginx", "curl"],
      ...(profileOf(options).brotli ? brotliPackages : []),
      ...(store === undefined ? [] : ["rclone"]),
    ],
    files: [
      ...passwords,
      {
        path: configPath,
        content: webConfig(options),
        validate: `${certified ? issueFirst : ""}nginx -t -q -c "$1"`,
      },
      dropIn,
      purgeFile,
      ...(names.length === 0 ? [] : [releaseFile(sites)]),
      ...(store === undefined ? [] : storeFiles(store)),
    ],
    steps: [...siteFolders(names), ...fetchSteps(sites)],
    units: [
      // Passwords are read with each request.
      {
        name: "nginx.service",
        reads: [configPath, dropIn.path, ...(certified ? trustPaths : [])],
        onChange: "reload",
      },
    ],
    checks: [takesRequests(options)],
    probes: webProbes(options),
  });
}

function takesRequests({ machine, overTls = false }: WebOptions): SetupCheck {
  const { at, port, curl } = siteEntrance(overTls);
  return {
    name: "nginx takes requests",
    command: `curl -fsS -m 5${curl} -o /dev/null ${at(machine)}:${port}${proxyHealthPath}`,
  };
}
