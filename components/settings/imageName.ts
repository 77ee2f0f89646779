// Docker's own grammar: https://github.com/distribution/reference/blob/main/reference.go
const word = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const repository = new RegExp(`^${word}(?:/${word})*$`);
const registry =
  /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::([1-9]\d{0,4}))?$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;
const longestName = 255;

/** True for an image that Docker can pull, with a tag other than latest or a digest: what runs must not change by itself. */
export function isPinnedImage(reference: string): boolean {
  const [tagged = "", digest, ...rest] = reference.split("@");
  const colon = tagged.indexOf(":", tagged.lastIndexOf("/") + 1);
  const name = colon < 0 ? tagged : tagged.slice(0, colon);
  const tag = colon < 0 ? undefined : tagged.slice(colon + 1);
  const pinned = digest === undefined ? tag !== undefined && tag !== "latest" : digestPattern.test(digest);
  return rest.length === 0 && pinned && (tag === undefined || tagPattern.test(tag)) && isImageName(name);
}

/** True for what stands before the first slash of an image: `ghcr.io`, `registry.example.com:5000`. */
export function isRegistry(text: string): boolean {
  const port = registry.exec(text)?.[1];
  return registry.test(text) && (port === undefined || Number(port) <= 65_535);
}

function isImageName(name: string): boolean {
  const [first = "", ...others] = name.split("/");
  const hasRegistry = others.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const path = hasRegistry ? others.join("/") : name;
  const knownRegistry = !hasRegistry || isRegistry(first);
  // 64 hexadecimal digits would be an id.
  return name.length <= longestName && knownRegistry && repository.test(path) && !/^[0-9a-f]{64}$/.test(path);
}
