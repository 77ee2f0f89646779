// Who asks: tokens and projects.
import { timingSafeEqual } from "node:crypto";
import type { TokenSetting } from "../../settings/api";
import type { Store } from "../../state/store";

export interface Identity {
  readonly project: number;
  readonly projectName: string;
  readonly readOnly: boolean;
}

/** Tells who an `Authorization` header is; undefined when it is nobody. */
export type Identify = (header: string | undefined) => Identity | undefined;

export function createIdentification(store: Store, settings: readonly TokenSetting[]): Identify {
  const known = settings.map(({ token, project, access }) => ({
    bytes: Buffer.from(token),
    identity: {
      project: projectId(store, project),
      projectName: project,
      readOnly: access === "read",
    },
  }));
  return (header) => {
    const token = tokenIn(header);
    if (token === undefined) return undefined;
    const bytes = Buffer.from(token);
    let found: Identity | undefined;
    // Everybody knows a token's length, and every token is compared: the time tells nothing else about one.
    for (const candidate of known) {
      const isAsLong = candidate.bytes.length === bytes.length;
      if (isAsLong && timingSafeEqual(candidate.bytes, bytes)) found = candidate.identity;
    }
    return found;
  };
}

/** The token that an `Authorization` header carries. */
export function tokenIn(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? "")?.[1];
}

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
