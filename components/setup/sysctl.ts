import { type CompleteSetup, completeSetup } from "./types";

export interface KernelSettings {
  /** Shown in progress and errors: `kernel settings for databases`. */
  readonly name: string;
  /** `/etc/sysctl.d/NN-platform-....conf`. */
  readonly path: string;
  /** By name as sysctl knows them: `net.ipv4.ip_forward`. */
  readonly values: Readonly<Record<string, string>>;
  /** Values that a machine without a kernel of its own may not change; they are left alone there. @default - none */
  readonly whereAllowed?: Readonly<Record<string, string>>;
  /** Modules whose settings do not exist before they are loaded: `nf_conntrack`. @default - none */
  readonly modules?: readonly string[];
}

/**
 * Kernel settings that hold now and after a reboot. Every value is compared at every set-up, and again at its end:
 * `sysctl` ignores what does not exist yet, so its exit status proves nothing.
 */
export function sysctlSetup(settings: KernelSettings): CompleteSetup {
  const { name, path, values, whereAllowed = {}, modules = [] } = settings;
  const held = holds(values, whereAllowed);
  const modulesPath = path.replace("/etc/sysctl.d/", "/etc/modules-load.d/");
  return completeSetup({
    packages: ["procps"],
    files: [
      { path, content: lines("", values) + lines("-", whereAllowed) },
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
  sysctl --ignore ${Object.keys({ ...values, ...whereAllowed }).join(" ")}
  echo "these do not hold what ${path} says"
  exit 1
fi`,
        timeoutSeconds: 1,
      },
    ],
  });
}

function lines(prefix: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${prefix}${name} = ${value}\n`)
    .join("");
}

/** Bash that succeeds when every value is what it should be, or exists and cannot be changed from here. */
function holds(
  values: Readonly<Record<string, string>>,
  whereAllowed: Readonly<Record<string, string>>,
): string {
  const file = (name: string) => `/proc/sys/${name.replaceAll(".", "/")}`;
  const equals = ([name, value]: [string, string]) => `[ "$(cat ${file(name)} 2>/dev/null)" = ${value} ]`;
  return [
    ...Object.entries(values).map(equals),
    ...Object.entries(whereAllowed).map(
      (entry) => `{ ${equals(entry)} || { [ -e ${file(entry[0])} ] && [ ! -w ${file(entry[0])} ]; }; }`,
    ),
  ].join(" &&\n");
}
