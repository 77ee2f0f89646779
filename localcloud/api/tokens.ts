// Who asks: tokens and projects.
import { hash, timingSafeEqual } from "node:crypto";
import type { Store } from "../store";
import type { TokenSetting } from "./settings";

export interface Identity {
  readonly project: number;
  readonly projectName: string;
  readonly readOnly: boolean;
}

/** Tells who an `Authorization` header is; null when it is nobody. */
export type Identify = (header: string | undefined) => Identity | null;

export function createIdentification(store: Store, settings: readonly TokenSetting[]): Identify {
  const known = settings.map(({ token, project, access }) => ({
    digest: digestOf(token),
    identity: {
      project: projectId(store, project),
      projectName: project,
      readOnly: access === "read",
    },
  }));
  return (header) => {
    const token = tokenIn(header);
    if (token === undefined) return null;
    const digest = digestOf(token);
    let found: Identity | null = null;
    // Digests have one length and every one is compared: the time tells nothing about a token.
    for (const candidate of known) {
      if (timingSafeEqual(candidate.digest, digest)) found = candidate.identity;
    }
    return found;
  };
}

/** The token that an `Authorization` header carries. */
export function tokenIn(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? "")?.[1];
}

const digestOf = (token: string) => hash("sha256", token, "buffer");

/** A project keeps its id for as long as the state exists, in whatever order the settings name it. */
function projectId(store: Store, name: string): number {
  const existing = store.list("project").find((project) => project.name === name);
  if (existing !== undefined) return existing.id;
  return store.transaction(() => {
    const id = store.nextId();
    store.put("project", { id, name });
    return id;
  });
}
