import type { MachineSize } from "../sizing/resolve";
import type { Store } from "./store";

/** A kind of machine that a stack file defines: private machines that run the operator's containers. */
export interface UserRoleSettings extends MachineSize {
  readonly count: number;
  /** Range of its machines inside `network.range`. @default - the next free part of it */
  readonly subnet?: string | undefined;
  /** Stores that its containers use; each gets address and credentials as the services of app nodes do. */
  readonly needs: readonly Store[];
  readonly containers: Readonly<Record<string, UserContainer>>;
}

export interface UserContainer {
  /** Image with a tag, resolved to a digest at `up`. */
  readonly image: string;
  /** What it listens on, on all addresses of its machine: it runs in the machine's own network. */
  readonly ports: readonly UserPort[];
  readonly environment: Readonly<Record<string, string>>;
  /** Secret environment: the variable, and the name of its value among the stack's secrets. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly memoryMb: number;
}

export interface UserPort {
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  /** Who may reach it: names of roles, `any` machine of the platform, or private ranges. */
  readonly from: readonly string[];
}
