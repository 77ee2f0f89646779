// Who asks: tokens and projects.
import { createHash, timingSafeEqual } from "node:crypto";
import type { Store } from "../store";
import { ApiError } from "./errors";
import type { TokenSetting } from "./settings";

export interface Identity {
  readonly project: number;
  readonly projectName: string;
  readonly readOnly: boolean;
}

/** Answers who an `Authorization` header is; throws `unauthorized` when it is nobody. */
export type Authenticate = (header: string | undefined) => Identity;

export function createAuthentication(store: Store, settings: readonly TokenSetting[]): Authenticate {
  const known = settings.map(({ token, project, access }) => ({
    digest: digestOf(token),
    identity: {
      project: projectId(store, project),
      projectName: project,
      readOnly: access === "read",
    },
  }));
  return (header) => {
    const [, token] = /^Bearer +(\S+)$/i.exec(header ?? "") ?? [];
    if (token === undefined) throw new ApiError("unauthorized", "token is required");
    const digest = digestOf(token);
    let found: Identity | null = null;
    // Digests have one length and every one is compared: the time tells nothing about a token.
    for (const candidate of known) {
      if (timingSafeEqual(candidate.digest, digest)) found = candidate.identity;
    }
    if (found === null) throw new ApiError("unauthorized", "the token you have provided is invalid");
    return found;
  };
}

const digestOf = (token: string) => createHash("sha256").update(token).digest();

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
