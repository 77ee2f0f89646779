// What a reference says. Apart from the references of the images built here, which are read from a checkout: a
// bundle has none.

export interface ImageReference {
  /** As registries want it: `library/traefik`. */
  readonly repository: string;
  readonly tag: string;
}

/** @throws when the reference has no tag, names a registry, or is no reference at all */
export function parseReference(reference: string): ImageReference {
  const match =
    /^((?:[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*):([A-Za-z0-9_][A-Za-z0-9._-]{0,127})$/.exec(reference);
  const [, name, tag] = match ?? [];
  if (name === undefined || tag === undefined) {
    throw new Error(
      `"${reference}" is not a Docker Hub image with a tag: write it as "name:tag" or "owner/name:tag"`,
    );
  }
  return { repository: name.includes("/") ? name : `library/${name}`, tag };
}
