import { execa } from "execa";
import { objectStoreContainer, objectStoreSetup } from "../../../../../components/roles/storage/objectStore";
import type { ObjectStoreConfig, ObjectStoreSecrets } from "../../../../../components/roles/storage/s3";
import type { MachineSetup } from "../../../../../components/setup/types";
import { ensureTool } from "../../../../../toolchain/build";
import type { TestMachine } from "../../database/support/machine";

/** A volume for tests: a mount point with the marker that the scripts look for. */
export const mountTestVolume = `mkdir -p /srv/storage
mountpoint -q /srv/storage || mount --bind /srv/storage /srv/storage
echo 7 >/srv/storage/.platform-volume`;

/** Builds the engine's server and puts it where `nativeStoreSetup` starts it. */
export async function installStore(machine: TestMachine, engine: "versitygw" | "minio"): Promise<void> {
  await machine.install(await ensureTool(engine), `/usr/local/bin/${engine}`);
}

/**
 * The real setup of the object store, but its unit starts the server's binary with the user, environment,
 * folders and arguments of the container: a container engine is the one thing that test machines lack.
 */
export function nativeStoreSetup(config: ObjectStoreConfig, secrets: ObjectStoreSecrets): MachineSetup {
  const setup = objectStoreSetup(config, secrets);
  const spec = objectStoreContainer(config, secrets);
  const folders = (spec.volumes ?? []).map((volume) => volume.split(":"));
  const unit = `[Unit]
Description=Object store without its container
[Service]
User=900
Group=900
EnvironmentFile=/etc/platform/object-store.env
EnvironmentFile=/etc/platform/object-store.secret.env
# The container's root file system is read-only as well.
ProtectSystem=strict
PrivateTmp=yes
${folders.map(([outside, inside]) => `BindPaths=${outside}:${inside}`).join("\n")}
ExecStart=/usr/local/bin/${config.engine} ${(spec.command ?? []).join(" ")}
Restart=always
[Install]
WantedBy=multi-user.target
`;
  return {
    ...setup,
    packages: setup.packages.filter((name) => !name.startsWith("docker")),
    steps: setup.steps.filter((step) => !step.name.startsWith("pull ")),
    files: setup.files.map((file) =>
      file.path === "/etc/systemd/system/object-store.service" ? { ...file, content: unit } : file,
    ),
  };
}

/** What a client of another machine would see: Node's network is the machine's, everything else the host's. */
export async function inNetworkOf<T>(machine: TestMachine, script: string, input: unknown): Promise<T> {
  const result = await execa(
    "nsenter",
    ["--target", String(machine.init), "--net", process.execPath, "--import", "tsx", script],
    { input: JSON.stringify(input), reject: false },
  );
  if (result.exitCode !== 0) throw new Error(`${script}: ${result.stderr}`);
  return JSON.parse(result.stdout) as T;
}
