import { containerSetup } from "../../../../components/setup/container";
import { containerRunSetup } from "../../../../components/setup/containerRun";
import { dockerSetup } from "../../../../components/setup/docker";
import { mergeSetups } from "../../../../components/setup/merge";
import type { MachineSetup } from "../../../../components/setup/types";
import { bootMachine, type TestMachine } from "../../roles/database/support/machine";

/** The rendered engine's settings, for a machine without a bridge and on a file system that overlays do not like. */
function daemonConfig(): string {
  const path = "/etc/docker/daemon.json";
  const file = dockerSetup({ registryMirror: undefined }).files.find((one) => one.path === path);
  const rendered = JSON.parse(file?.content ?? "{}") as Record<string, unknown>;
  return JSON.stringify({
    ...rendered,
    bridge: "none",
    iptables: false,
    ip6tables: false,
    "storage-driver": "vfs",
  });
}

/** A machine whose Docker has the image `shop:1` with nothing but bash, cat and sleep. */
export async function bootDocker(hostname: string): Promise<TestMachine> {
  const machine = await bootMachine(hostname, []);
  await machine.succeed(`mkdir -p /etc/docker /run/image/bin /etc/platform
cat >/etc/docker/daemon.json <<'END'
${daemonConfig()}
END
systemctl start docker.service
for program in bash cat sleep; do
  cp "/usr/bin/$program" /run/image/bin/
  for library in $(ldd "/usr/bin/$program" | grep -o '/[^ ]*'); do
    mkdir -p "/run/image\${library%/*}"
    cp -L "$library" "/run/image$library"
  done
done
tar -C /run/image -c . | docker import - shop:1 >/dev/null`);
  return machine;
}

export interface ScriptContainer {
  readonly name: string;
  /** What bash does in the container; without single quotes. */
  readonly script: string;
  readonly secret?: string;
}

/** Units of containers that run scripts, as a machine gets them. */
export function scriptContainers(...containers: readonly ScriptContainer[]): MachineSetup {
  return mergeSetups(
    containerRunSetup,
    ...containers.map(({ name, script, secret }) =>
      containerSetup({
        name,
        image: "shop:1",
        network: "host",
        command: ["/bin/bash", "-c", `'${script}'`],
        stopSeconds: 1,
        ...(secret === undefined ? {} : { secretEnvironment: { SECRET: secret } }),
      }),
    ),
  );
}
