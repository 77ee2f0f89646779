import { containerLogFlags, containerLogSocket, containerRunPath } from "./containerRun";
import { type CompleteSetup, completeSetup, type SetupFile } from "./types";

/**
 * One container as a systemd unit: restarts, ordering and logs are systemd's, as for every other service. It goes on
 * while Docker restarts, or is updated, or has crashed.
 */
export interface ContainerSpec {
  /** Name of container and unit: `web-1` becomes `web-1.service`. */
  readonly name: string;
  /** Reference by digest: `traefik@sha256:...`, or by tag in tests. */
  readonly image: string;
  /** Docker network: `host`, or `platform` (the bridge of `dockerSetup`) with a fixed address. */
  readonly network: "host" | { readonly address: string };
  /** Values without secrets. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Values with secrets: they go to a file 0600 that Docker reads. */
  readonly secretEnvironment?: Readonly<Record<string, string>>;
  /** `/host/path:/container/path:ro`. */
  readonly volumes?: readonly string[];
  /** Files of the setup that the container reads at start (mounted by `volumes`): a change restarts it. */
  readonly reads?: readonly string[];
  readonly user?: string;
  readonly command?: readonly string[];
  /**
   * Further `docker run` flags: `--cap-drop=ALL`. Limits of open files are Docker's own: a higher one by
   * `--ulimit` fails on a machine whose hard limit is lower, where the service would have run.
   */
  readonly flags?: readonly string[];
  /** Memory limit in MiB. @default - none */
  readonly memoryMb?: number;
  /** Time that the container gets between SIGTERM and SIGKILL. @default 30 */
  readonly stopSeconds?: number;
  /** See `SetupUnit.group`. */
  readonly group?: string;
  /** See `SetupUnit.ready`. */
  readonly ready?: string;
  readonly readySeconds?: number;
  /** Other units that must have started before. */
  readonly after?: readonly string[];
}

/** True for what may stand in the commands that root runs as the reference of an image. */
export function isReference(image: string): boolean {
  return /^[\w.:/@-]+$/.test(image);
}

/**
 * Unit, environment files and image of one container.
 *
 * @throws when the image is no reference, or a variable no line that Docker reads
 */
export function containerSetup(spec: ContainerSpec): CompleteSetup {
  if (!isReference(spec.image)) {
    throw new Error(
      `image of ${spec.name}: got ${JSON.stringify(spec.image)}, allowed a reference by digest`,
    );
  }
  const unitPath = `/etc/systemd/system/${spec.name}.service`;
  const environment = environmentFiles(spec);
  return completeSetup({
    files: [{ path: unitPath, content: unitFile(spec, environment) }, ...environment],
    steps: [
      {
        name: `pull ${spec.image}`,
        unless: `docker image inspect ${spec.image} >/dev/null 2>&1`,
        run: `systemctl start docker.service && docker pull -q ${spec.image}`,
      },
    ],
    units: [
      {
        name: `${spec.name}.service`,
        reads: [unitPath, ...environment.map((file) => file.path), ...(spec.reads ?? [])],
        group: spec.group,
        ready: spec.ready,
        readySeconds: spec.readySeconds,
      },
    ],
  });
}

function environmentFiles(spec: ContainerSpec): SetupFile[] {
  const file = (path: string, values: Readonly<Record<string, string>> | undefined, mode: string) =>
    values === undefined || Object.keys(values).length === 0
      ? []
      : [
          {
            path,
            mode,
            content: Object.entries(values)
              .map(([key, value]) => `${key}=${singleLine(key, value)}\n`)
              .join(""),
          },
        ];
  return [
    ...file(`/etc/platform/${spec.name}.env`, spec.environment, "0644"),
    ...file(`/etc/platform/${spec.name}.secret.env`, spec.secretEnvironment, "0600"),
  ];
}

/**
 * Docker reads its env files by lines of at most 64 KiB, the end of the line included (bufio.MaxScanTokenSize). It
 * knows neither quotes nor escapes: what stands behind the first `=` is the value, with spaces, quotes and `#`.
 */
export const longestEnvironmentLine = 65_535;

function singleLine(key: string, value: string): string {
  const bytes = Buffer.byteLength(`${key}=${value}`);
  if (bytes > longestEnvironmentLine)
    throw new Error(
      `${key} of a container makes a line of ${bytes} bytes: Docker reads ${longestEnvironmentLine}`,
    );
  if (/[\n\r\0]/.test(value))
    throw new Error(`${key} of a container must be one line: Docker's env files know no quoting`);
  return value;
}

/** Program and arguments, as systemd reads them. */
function dockerRun(spec: ContainerSpec, environment: readonly SetupFile[]): string[] {
  const network =
    spec.network === "host" ? ["--network=host"] : ["--network=platform", `--ip=${spec.network.address}`];
  return [
    `${containerRunPath} ${spec.name}`,
    "--init",
    `--hostname=${spec.name}`,
    ...network,
    ...containerLogFlags(spec.name),
    ...environment.map((file) => `--env-file=${file.path}`),
    ...(spec.volumes ?? []).map((volume) => `--volume=${volume}`),
    ...(spec.user === undefined ? [] : [`--user=${spec.user}`]),
    ...(spec.memoryMb === undefined ? [] : [`--memory=${spec.memoryMb}m`]),
    `--stop-timeout=${spec.stopSeconds ?? 30}`,
    ...(spec.flags ?? []),
    spec.image,
    ...(spec.command ?? []),
  ].map((part) => part.replaceAll("%", "%%").replaceAll("$", "$$$$"));
}

function unitFile(spec: ContainerSpec, environment: readonly SetupFile[]): string {
  const socket = containerLogSocket(spec.name);
  const after = ["docker.service", "platform-network.service", socket, ...(spec.after ?? [])].join(" ");
  return `[Unit]
Description=Container ${spec.name}
After=${after}
# Not Requires: the container goes on while the engine is away.
Wants=docker.service platform-network.service ${socket}
StartLimitIntervalSec=0

[Service]
ExecStart=${dockerRun(spec, environment).join(" \\\n  ")}
ExecStop=/usr/bin/docker stop --time=${spec.stopSeconds ?? 30} ${spec.name}
Restart=always
RestartSec=1
TimeoutStartSec=300
TimeoutStopSec=${(spec.stopSeconds ?? 30) + 10}

[Install]
WantedBy=multi-user.target
`;
}
