import type { MachinePlan } from "../../plan/plan";
import { type StoreEnvironments, secretEnvironment } from "../../settings/secretEnvironment";
import { Store } from "../../settings/store";
import type { UserContainer } from "../../settings/userRole";
import { containerSetup } from "../../setup/container";
import { mergeSetups } from "../../setup/merge";
import type { CompleteSetup } from "../../setup/types";

/** What a machine of the role runs. */
export interface ContainerStack {
  readonly containers: Readonly<Record<string, UserContainer>>;
  /** Image of each container, by digest. */
  readonly images: Readonly<Record<string, string>>;
  /** Stores that all containers use. Secret. */
  readonly stores: StoreEnvironments;
  /** Values by the names that containers ask for. Secret. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** All containers of one machine. Secret. @throws when a container has no image, or asks for a secret that is none */
export function containersSetup(machine: MachinePlan, stack: ContainerStack): CompleteSetup {
  const uses = Object.values(Store).filter((store) => stack.stores[store] !== undefined);
  return mergeSetups(
    ...Object.entries(stack.containers).map(([name, { environment, memoryMb, secrets }]) => {
      const image = stack.images[name];
      if (image === undefined) throw new Error(`container ${name} has no image: name one in images`);
      return containerSetup({
        name,
        image,
        network: "host",
        environment: { ...environment, NODE_NAME: machine.hostname },
        secretEnvironment: secretEnvironment(
          `container ${name}`,
          { uses, secrets },
          stack.stores,
          stack.secrets,
        ),
        memoryMb,
        flags: ["--security-opt=no-new-privileges", "--pids-limit=1024"],
      });
    }),
  );
}
