import { createHash } from "node:crypto";

/** What a setup script says, without any content that may be secret. */
export interface SetupOutline {
  /** The whole script. */
  readonly hash: string;
  readonly packages: readonly string[];
  /** Path to a hash of content, owner and mode. */
  readonly files: ReadonlyMap<string, string>;
  readonly units: readonly OutlinedUnit[];
  /** Title to a hash of the commands. */
  readonly steps: ReadonlyMap<string, string>;
}

export interface OutlinedUnit {
  readonly name: string;
  readonly reads: readonly string[];
  readonly onChange: "restart" | "reload";
  /** It changes after the one before it in the list, when that one is in turn too. */
  readonly inTurn: boolean;
}

const word = String.raw`'(?:[^']|'\\'')*'`;
const files = new RegExp(
  String.raw`^put_file ((?:${word} ?)+) ?<<'(END_[0-9a-f]{12})'\n([\s\S]*?)^\2$`,
  "gm",
);
const packages = new RegExp(`^install_packages ((?:${word} ?)+)$`, "m");
const units = new RegExp(
  String.raw`^if (! )?unit_is_current ((?:${word} ?)+); then(?: starting\+=\(${word}\); else (restart|reload)ing)?`,
  "gm",
);
const steps = new RegExp(
  String.raw`^if ! bash -c (${word}); then\n {2}stage (${word}) ${word}\n {2}bash -c (${word})\nfi$`,
  "gm",
);

/** Reads what `renderSetup` has written, of this release or a former one. */
export function readOutline(script: string): SetupOutline {
  const written = [...script.matchAll(files)].map(([, words = "", , content = ""]) => {
    const [path = "", ...rest] = unquoted(words);
    return [path, hashOf(JSON.stringify([rest, content]))] as const;
  });
  // What is written into files may look like a script: a helper on the machine is one.
  const calls = script.replaceAll(files, "");
  return {
    hash: hashOf(script),
    packages: unquoted(packages.exec(calls)?.[1] ?? ""),
    files: new Map(written),
    units: [...calls.matchAll(units)].map(([, isOneByOne, words = "", verb]) => {
      const [name = "", ...reads] = unquoted(words);
      const onChange = verb === "reload" ? "reload" : "restart";
      return { name, reads, onChange, inTurn: isOneByOne !== undefined };
    }),
    steps: new Map(
      [...calls.matchAll(steps)].map(([, unless = "", title = "", run = ""]) => [
        unquoted(title)[0] ?? "",
        hashOf(unless + run),
      ]),
    ),
  };
}

/** The words of {@link quote}. */
function unquoted(words: string): string[] {
  return [...words.matchAll(new RegExp(word, "g"))].map(([quoted]) =>
    quoted.slice(1, -1).replaceAll(`'\\''`, "'"),
  );
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
