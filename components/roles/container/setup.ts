import type { MachinePlan } from "../../plan/plan";
import { type StoreEnvironments, secretEnvironment } from "../../settings/secretEnvironment";
import { Store } from "../../settings/store";
import type { UserContainer, UserService } from "../../settings/userRole";
import { containerSetup } from "../../setup/container";
import { hardenedService } from "../../setup/hardenedService";
import { mergeSetups } from "../../setup/merge";
import type { CompleteSetup, MachineSetup, SetupStep } from "../../setup/types";
import { mountedVolume, needsVolume } from "../../setup/volume";

/** What a machine of the role runs. */
export interface ProgramStack {
  readonly containers: Readonly<Record<string, UserContainer>>;
  /** Image of each container, by digest. */
  readonly images: Readonly<Record<string, string>>;
  /** @default - none */
  readonly services?: Readonly<Record<string, UserService>>;
  /** Debian packages. @default - none */
  readonly packages?: readonly string[];
  /** The machine's volume. @default - none */
  readonly volume?: { readonly id: number; readonly sizeGb: number } | undefined;
  /** Stores that all programs use. Secret. */
  readonly stores: StoreEnvironments;
  /** Values by the names that programs ask for. Secret. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Where the volume is mounted, with a folder for each program. */
export const dataRoot = "/srv/data";

/**
 * Volume, containers and services of one machine. Secret.
 *
 * @throws when a container has no image, or a program asks for a secret that is none
 */
export function programsSetup(machine: MachinePlan, stack: ProgramStack): CompleteSetup {
  const { containers, services = {}, packages = [], volume } = stack;
  const mounted =
    volume === undefined
      ? []
      : [
          mountedVolume({
            root: dataRoot,
            owner: machine.role,
            volumeId: volume.id,
            volumeGb: volume.sizeGb,
          }),
        ];
  return mergeSetups(
    { packages },
    ...mounted,
    ...Object.entries(containers).map(([name, container]) => ownContainer(machine, name, container, stack)),
    ...Object.entries(services).map(([name, service]) => ownService(machine, name, service, stack)),
  );
}

function ownContainer(
  machine: MachinePlan,
  name: string,
  container: UserContainer,
  stack: ProgramStack,
): MachineSetup {
  const image = stack.images[name];
  if (image === undefined) throw new Error(`container ${name} has no image: name one in images`);
  const { environment, memoryMb, data, dataUser = 0 } = container;
  const kept = data === undefined ? undefined : onVolume(name, String(dataUser));
  return mergeSetups(
    kept?.setup ?? {},
    containerSetup({
      name,
      image,
      network: "host",
      environment: { ...environment, NODE_NAME: machine.hostname },
      secretEnvironment: secretsOf(`container ${name}`, container, stack),
      memoryMb,
      flags: ["--security-opt=no-new-privileges", "--pids-limit=1024"],
      ...(kept !== undefined && { volumes: [`${kept.folder}:${data}`], reads: kept.reads }),
    }),
  );
}

function ownService(
  machine: MachinePlan,
  name: string,
  service: UserService,
  stack: ProgramStack,
): MachineSetup {
  const { exec, environment, memoryMb, restart, ports, user = name } = service;
  const kept = stack.volume === undefined ? undefined : onVolume(name, user);
  const unit = hardenedService({
    ...{ name, exec, user, restart, memoryMb },
    environment: { ...environment, NODE_NAME: machine.hostname },
    secretEnvironment: secretsOf(`service ${name}`, service, stack),
    bindsLowPort: ports.some(({ port }) => port < 1024),
    ...(kept !== undefined && { data: kept.folder, reads: kept.reads }),
  });
  // The user owns the folder.
  return kept === undefined ? unit : mergeSetups({ ...unit, units: [] }, kept.setup, { units: unit.units });
}

function secretsOf(title: string, { secrets }: Pick<UserContainer, "secrets">, stack: ProgramStack) {
  const uses = Object.values(Store).filter((store) => stack.stores[store] !== undefined);
  return secretEnvironment(title, { uses, secrets }, stack.stores, stack.secrets);
}

/** A folder of a program, which is made once: what the program makes of owner and mode later is its own. */
function onVolume(name: string, owner: string) {
  const folder = `${dataRoot}/${name}`;
  const dropIn = needsVolume(`${name}.service`, dataRoot);
  const step: SetupStep = {
    name: `folder ${folder}`,
    unless: `mountpoint -q ${dataRoot} && [ -d ${folder} ]`,
    run: `mountpoint -q ${dataRoot} && install -d -o ${owner} -g "$(id -g ${owner} 2>/dev/null || echo ${owner})" -m 0750 ${folder}`,
  };
  return { folder, reads: [dropIn.path], setup: { files: [dropIn], steps: [step] } };
}
