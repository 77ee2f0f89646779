import type { SetupFile } from "../../../../components/setup/types";
import type { TestMachine } from "../../roles/database/support/machine";
import { inDebian13 } from "../../roles/edge/support/debian13";

/** A file of one case, for a program to judge. */
export interface Rendered {
  readonly seed: number;
  readonly file: SetupFile;
}

/** Files of one path pattern with different contents; the first case that has one stands for all. */
export function distinct(files: readonly Rendered[], pattern: RegExp): Rendered[] {
  const seen = new Map<string, Rendered>();
  for (const rendered of files) {
    const key = `${rendered.file.path}\n${rendered.file.content}`;
    if (pattern.test(rendered.file.path) && !seen.has(key)) seen.set(key, rendered);
  }
  return [...seen.values()];
}

/** Shell that judges every file with a command, all in one go: `$1` is the file. Prints what was refused. */
function judgeAll(folder: string, command: string): string {
  return `judge() { ${command}; }
for file in ${folder}/*; do
  answer=$(judge "$file" 2>&1) || printf 'refused %s: %s\\n' "\${file##*/}" "$answer"
done`;
}

/** The refusals of a program of Debian 13's chroot. */
export async function judgedInChroot(
  files: readonly Rendered[],
  command: string,
): Promise<readonly string[]> {
  const contents = files.map(({ seed, file }, index) => [`/tmp/cases/${index}-seed-${seed}`, file.content]);
  const script = `mkdir -p /tmp/cases\n${judgeAll("/tmp/cases", command)}`;
  const { exitCode, output } = await inDebian13(script, Object.fromEntries(contents));
  const lines = output.trim();
  return exitCode === 0 && lines === "" ? [] : [`exit status ${exitCode}`, lines];
}

/** The refusals of a program of the booted machine. */
export async function judgedInMachine(
  machine: TestMachine,
  files: readonly Rendered[],
  command: string,
): Promise<readonly string[]> {
  const unpack = files.map(
    ({ seed, file }, index) =>
      `base64 -d >"$folder/${index}-seed-${seed}" <<'END'\n${Buffer.from(file.content).toString("base64")}\nEND`,
  );
  const { output } = await machine.run(
    `folder=$(mktemp -d)\n${unpack.join("\n")}\n${judgeAll('"$folder"', command)}\nrm -rf "$folder"`,
  );
  return output.trim() === "" ? [] : [output.trim()];
}

const systemd = /^\/etc\/systemd\/system\/(.+\.(?:service|timer|mount|socket|conf))$/;

/**
 * The refusals of systemd for unit files. Units of one name with other contents are judged in rounds. Programs that
 * only real machines have are there by name.
 */
export async function judgedBySystemd(
  machine: TestMachine,
  files: readonly Rendered[],
): Promise<readonly string[]> {
  const variants = new Map<string, Rendered[]>();
  for (const rendered of distinct(files, systemd)) {
    variants.set(rendered.file.path, [...(variants.get(rendered.file.path) ?? []), rendered]);
  }
  const rounds = Math.max(...[...variants.values()].map((list) => list.length));
  const script = Array.from({ length: rounds }, (_, round) => {
    const units = [...variants.values()].flatMap((list) => list[round] ?? []);
    return verifyScript(units);
  });
  const { output } = await machine.run(`${standIns(files)}\n${script.join("\n")}`);
  return output.trim() === "" ? [] : [output.trim()];
}

/** Programs and units that the machine of the tests lacks. */
function standIns(files: readonly Rendered[]): string {
  const programs = files.flatMap(({ file }) =>
    systemd.test(file.path)
      ? [...file.content.matchAll(/^Exec[A-Z]\w*=[-+!@:]*(\/\S+)/gm)].map((match) => match[1] ?? "")
      : [],
  );
  return `for program in ${[...new Set(programs)].join(" ")}; do
  [ -x "$program" ] || install -D -m 0755 /bin/true "$program"
done
docker=/run/systemd/system/docker.service
[ -e "$docker" ] || printf '[Service]\\nExecStart=/bin/true\\n' >"$docker"`;
}

function verifyScript(units: readonly Rendered[]): string {
  const put = units.map(({ file }) => {
    const name = systemd.exec(file.path)?.[1] ?? "";
    return `mkdir -p "$(dirname "$units/${name}")"; base64 -d >"$units/${name}" <<'END'\n${Buffer.from(file.content).toString("base64")}\nEND`;
  });
  const seeds = [...new Set(units.map(({ seed }) => seed))].join(" ");
  return `units=$(mktemp -d)
${put.join("\n")}
set -- $(find "$units" -maxdepth 1 -type f)
for folder in "$units"/*.d; do
  name=$(basename "$folder" .d)
  # A drop-in counts with the unit of Debian's that it belongs to.
  if [ -e "/usr/lib/systemd/system/$name" ] && [ ! -e "$units/$name" ]; then set -- "$@" "$name"; fi
done
[ $# = 0 ] || answer=$(SYSTEMD_UNIT_PATH="$units:" systemd-analyze verify --man=no "$@" 2>&1) || printf 'refused, seeds ${seeds}: %s\\n' "$answer"
rm -rf "$units"`;
}
