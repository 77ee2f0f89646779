import type { Config } from "./config";

/** Which process answered. */
export interface Identity {
  readonly node: string;
  readonly service: string;
  readonly replica: number;
  readonly release: string;
}

export function identityOf({ node, mode, replica, release }: Config): Identity {
  return { node, service: mode, replica, release };
}
