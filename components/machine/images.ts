import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { RegistryCredential } from "../setup/docker";

/** Turns a reference with a tag into one with a digest: `traefik:v3.5` into `traefik@sha256:...`. */
export type ResolveImage = (reference: string) => pulumi.Output<string>;

/** Whom the resolver asks, and as whom. */
export interface Registries {
  /** Answers instead of Docker Hub; undefined: Docker Hub itself. */
  readonly mirror: string | undefined;
  /** Logins of the registries that ask for one. Secret. */
  readonly logins: pulumi.Input<readonly RegistryCredential[]>;
}

/**
 * Looks up which digest a tag means right now, so that all machines run the same bytes and a moved tag is a
 * visible change of the next `up`. A reference that carries a digest needs no registry.
 */
export function imageResolver(name: string, registries: Registries, parent: pulumi.Resource): ResolveImage {
  const { mirror, logins } = registries;
  const registryAuth = pulumi.secret(logins).apply((given) => given.map(providerLogin));
  // Only registries are asked: the operator's machine needs no Docker engine.
  const provider = new docker.Provider(
    `${name}-registry`,
    { disableDockerDaemonCheck: true, registryAuth },
    { parent },
  );
  const resolved = new Map<string, pulumi.Output<string>>();
  const lookUp = (reference: string) => {
    const asked = mirroredName(mirror, reference);
    const answer = docker.getRegistryImage({ name: asked }, { provider }).catch((error: unknown) => {
      throw new pulumi.RunError(lookUpError(reference, asked, error));
    });
    return pulumi.output(answer).apply(({ sha256Digest }) => `${repositoryOf(reference)}@${sha256Digest}`);
  };
  return (reference) => {
    const known = resolved.get(reference);
    if (known !== undefined) return known;
    const pinned = pinnedReference(reference);
    const digest = pinned === undefined ? lookUp(reference) : pulumi.output(pinned);
    resolved.set(reference, digest);
    return digest;
  };
}

/** The provider knows Docker Hub by the name of the machine that it asks. */
function providerLogin({ host, username, password }: RegistryCredential) {
  return { address: host === "docker.io" ? "registry-1.docker.io" : host, username, password };
}

/** What an operator may do while the registry is away. */
export function lookUpError(reference: string, asked: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  const from = asked === reference ? "" : ` (asked for ${asked})`;
  return `image ${reference}${from}: the registry did not say which digest this tag is: ${reason.trim()}
Without the registry, name the digest that runs, which changes nothing: \`pulumi stack output images\` shows it,
and ${reference}@sha256:... in the configuration needs no answer. A private image needs a login: images.registries.`;
}

/**
 * The digest of a reference that carries one, in the form of a resolved tag, so that writing down the digest of
 * what runs restarts nothing; undefined for a tag.
 */
export function pinnedReference(reference: string): string | undefined {
  const [tagged = "", digest] = reference.split("@");
  return digest === undefined ? undefined : `${repositoryOf(tagged)}@${digest}`;
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
