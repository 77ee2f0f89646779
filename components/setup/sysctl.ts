import { type CompleteSetup, completeSetup } from "./types";

export interface KernelSettings {
  /** Shown in progress and errors: `kernel settings for databases`. */
  readonly name: string;
  /** `/etc/sysctl.d/NN-platform-....conf`. */
  readonly path: string;
  /** By name as sysctl knows them: `net.ipv4.ip_forward`; a star stands for every interface. */
  readonly values: Readonly<Record<string, string>>;
  /** Values that a machine without a kernel of its own may not change; they are left alone there. @default - none */
  readonly whereAllowed?: Readonly<Record<string, string>>;
  /** As `whereAllowed`, and left out where the kernel has no such value. @default - none */
  readonly whereKnown?: Readonly<Record<string, string>>;
  /** Modules whose settings do not exist before they are loaded: `nf_conntrack`. @default - none */
  readonly modules?: readonly string[];
}

/**
 * Kernel settings that hold now and after a reboot. Every value is compared at every set-up, and again at its end:
 * `sysctl` ignores what does not exist yet, so its exit status proves nothing.
 */
export function sysctlSetup(settings: KernelSettings): CompleteSetup {
  const { name, path, values, whereAllowed = {}, whereKnown = {}, modules = [] } = settings;
  const held = holds(settings);
  const modulesPath = path.replace("/etc/sysctl.d/", "/etc/modules-load.d/");
  return completeSetup({
    packages: ["procps"],
    files: [
      { path, content: lines("", values) + lines("-", { ...whereAllowed, ...whereKnown }) },
      // systemd loads them before it applies the settings: without this they come with the first rule that needs them.
      ...(modules.length === 0
        ? []
        : [{ path: modulesPath, content: modules.map((module) => `${module}\n`).join("") }]),
    ],
    steps: [
      {
        name,
        unless: held,
        // A kernel that has the module built in, or that belongs to somebody else, has no modprobe to offer.
        run: [
          ...modules.map((module) => `modprobe ${module} 2>/dev/null || true`),
          `sysctl --quiet --ignore --load=${path}`,
        ].join("\n"),
      },
    ],
    checks: [
      {
        name: `${name} hold`,
        command: `if ! { ${held}; }; then
  ${shown(settings)}
  echo "these do not hold what ${path} says"
  exit 1
fi`,
        timeoutSeconds: 1,
      },
    ],
  });
}

/** Bash that shows the values of now. */
function shown({ values, whereAllowed, whereKnown = {} }: KernelSettings): string {
  const names = Object.keys({ ...values, ...whereAllowed });
  const known = Object.keys(whereKnown).map(files);
  return [
    ...(names.length === 0 ? [] : [`sysctl --ignore ${names.join(" ")}`]),
    ...(known.length === 0 ? [] : [`grep -Hs . ${known.join(" ")} || true`]),
  ].join("\n  ");
}

function lines(prefix: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${prefix}${name} = ${value}\n`)
    .join("");
}

const files = (name: string) => `/proc/sys/${name.replaceAll(".", "/")}`;

/** Bash that succeeds when every value is what it should be, or exists and cannot be changed from here. */
function holds({ values, whereAllowed = {}, whereKnown = {} }: KernelSettings): string {
  const equals = ([name, value]: [string, string]) => `[ "$(cat ${files(name)} 2>/dev/null)" = ${value} ]`;
  const known = Object.entries(whereKnown).map(([name, value]) => `held ${value} ${files(name)}`);
  const conditions = [
    ...Object.entries(values).map(equals),
    ...Object.entries(whereAllowed).map(
      (entry) => `{ ${equals(entry)} || { [ -e ${files(entry[0])} ] && [ ! -w ${files(entry[0])} ]; }; }`,
    ),
    ...known,
  ].join(" &&\n");
  return known.length === 0 ? conditions : `${heldFunction}\n${conditions}`;
}

/** A value that does not exist cannot be written either. */
const heldFunction = `held() {
  local value=$1 file
  shift
  for file in "$@"; do
    [ ! -w "$file" ] || [ "$(cat "$file")" = "$value" ] || return 1
  done
}`;
