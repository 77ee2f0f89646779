import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

/** Turns a reference with a tag into one with a digest: `traefik:v3.5` into `traefik@sha256:...`. */
export type ResolveImage = (reference: string) => pulumi.Output<string>;

/**
 * Looks up which digest a tag means right now, so that all machines run the same bytes and a moved tag is a
 * visible change of the next `up`. References that carry a digest pass unchanged.
 *
 * @param mirror registry that answers instead of Docker Hub; undefined: Docker Hub itself
 */
export function imageResolver(
  name: string,
  mirror: string | undefined,
  parent: pulumi.Resource,
): ResolveImage {
  // Only registries are asked: the operator's machine needs no Docker engine.
  const provider = new docker.Provider(`${name}-registry`, { disableDockerDaemonCheck: true }, { parent });
  const resolved = new Map<string, pulumi.Output<string>>();
  const lookUp = (reference: string) =>
    docker
      .getRegistryImageOutput({ name: mirroredName(mirror, reference) }, { provider })
      .sha256Digest.apply((digest) => `${repositoryOf(reference)}@${digest}`);
  return (reference) => {
    const known = resolved.get(reference);
    if (known !== undefined) return known;
    const digest = reference.includes("@sha256:") ? pulumi.output(reference) : lookUp(reference);
    resolved.set(reference, digest);
    return digest;
  };
}

/** The reference without its tag: `registry:5000/team/app:1.0` becomes `registry:5000/team/app`. */
export function repositoryOf(reference: string): string {
  const slash = reference.lastIndexOf("/");
  const colon = reference.indexOf(":", slash + 1);
  return colon === -1 ? reference : reference.slice(0, colon);
}

/** Where a mirror of Docker Hub keeps a reference; other registries are not mirrored. */
export function mirroredName(mirror: string | undefined, reference: string): string {
  if (mirror === undefined) return reference;
  const [first = ""] = reference.split("/");
  const namesRegistry = reference.includes("/") && /[.:]|^localhost$/.test(first);
  if (namesRegistry) return reference;
  const host = mirror.replace(/^https?:\/\//, "").replace(/\/$/, "");
  return `${host}/${reference.includes("/") ? reference : `library/${reference}`}`;
}
