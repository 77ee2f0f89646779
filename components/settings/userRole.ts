import type { MachineSize } from "../sizing/resolve";
import type { Store } from "./store";

/** A kind of machine that a stack file defines: private machines that run the operator's programs. */
export interface UserRoleSettings extends MachineSize {
  readonly count: number;
  /** Range of its machines inside `network.range`. @default - the next free part of it */
  readonly subnet?: string | undefined;
  /** Stores that its containers use; each gets address and credentials as the services of app nodes do. */
  readonly needs: readonly Store[];
  readonly containers: Readonly<Record<string, UserContainer>>;
  /** Programs that run without a container, by name, each as a systemd unit. @default - none */
  readonly services?: Readonly<Record<string, UserService>>;
  /** Debian packages that the services need. @default - none */
  readonly packages?: readonly string[];
  /** Size of a volume of each machine, where containers and services keep their data. @default - no volume */
  readonly volumeGb?: number | undefined;
}

/** What every program of a role has. */
interface UserProgram {
  /** What it listens on, on all addresses of its machine. */
  readonly ports: readonly UserPort[];
  readonly environment: Readonly<Record<string, string>>;
  /** Secret environment: the variable, and the name of its value among the stack's secrets. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly memoryMb: number;
}

/** A program as a systemd unit, which may write to its own folder only. */
export interface UserService extends UserProgram {
  /** Absolute path of the program, and its arguments. */
  readonly exec: string;
  /** User that it runs as, made when there is none. @default - called as the service */
  readonly user?: string | undefined;
  readonly restart: "always" | "on-failure";
}

/** A container, which runs in its machine's own network. */
export interface UserContainer extends UserProgram {
  /** Image with a tag, resolved to a digest at `up`. */
  readonly image: string;
  /** Path in the container that lies on the machine's volume: `/var/lib/odoo`. @default - it keeps nothing */
  readonly data?: string | undefined;
  /** Number of the user to whom `data` belongs when it is made. @default 0 */
  readonly dataUser?: number | undefined;
}

export interface UserPort {
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  /** Who may reach it: names of roles, `any` machine of the platform, or private ranges. */
  readonly from: readonly string[];
}
