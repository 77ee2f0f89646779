// Paths that a client names inside a box.

/**
 * The parts of a path below the box's data: `./a//b/` is `["a", "b"]`. Undefined when it leaves the data or no
 * file system takes it.
 */
export function partsOf(path: string): readonly string[] | undefined {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  const wrong = parts.some((part) => part === ".." || part.includes("\0") || Buffer.byteLength(part) > 255);
  return wrong ? undefined : parts;
}
