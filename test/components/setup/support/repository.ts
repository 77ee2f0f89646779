/** A Debian package that tests build on the machine itself. */
export interface TestPackage {
  readonly name: string;
  /** @default "1.0" */
  readonly version?: string;
  /** Files that it brings, with their content; executable. @default - none */
  readonly files?: Readonly<Record<string, string>>;
  /** Maintainer scripts by name, `postinst` for example, in sh. @default - none */
  readonly scripts?: Readonly<Record<string, string>>;
}

export interface TestRepository {
  /** Folder on the machine. */
  readonly folder: string;
  readonly packages: readonly TestPackage[];
  /** Fields of its Release file: `{ Label: "Debian-Security" }`. @default - none */
  readonly release?: Readonly<Record<string, string>>;
}

/** Bash that builds package repositories on a machine without a network and makes them apt's only sources. */
export function repositories(...all: readonly TestRepository[]): string {
  const build = all.map(
    ({ folder, packages, release = {} }) => `
rm -rf ${folder} && mkdir -p ${folder}
: >${folder}/Packages
${packages.map((one) => buildPackage(folder, one)).join("\n")}
cd ${folder}
{
${Object.entries(release)
  .map(([field, value]) => `  echo '${field}: ${value}'`)
  .join("\n")}
  printf 'SHA256:\\n %s %s Packages\\n' "$(sha256sum Packages | cut -d' ' -f1)" "$(stat -c %s Packages)"
} >Release`,
  );
  const sources = all.map(({ folder }) => `deb [trusted=yes] file:${folder} ./`);
  return `${build.join("\n")}
rm -rf /etc/apt/sources.list.d/*
printf '%s\\n' ${sources.map((line) => `'${line}'`).join(" ")} >/etc/apt/sources.list
`;
}

function buildPackage(
  folder: string,
  { name, version = "1.0", files = {}, scripts = {} }: TestPackage,
): string {
  const put = ([path, content]: [string, string]) => `mkdir -p "$(dirname "$work${path}")"
cat >"$work${path}" <<'END_OF_FILE'
${content}
END_OF_FILE
chmod 0755 "$work${path}"`;
  return `work=$(mktemp -d)
chmod 0755 "$work"
mkdir "$work/DEBIAN"
printf 'Package: ${name}\\nVersion: ${version}\\nArchitecture: all\\nMaintainer: Test <test@example.com>\\nDescription: test\\n' >"$work/DEBIAN/control"
${Object.entries(files).map(put).join("\n")}
${Object.entries(scripts)
  .map(([script, content]) => put([`/DEBIAN/${script}`, `#!/bin/sh\nset -e\n${content}`]))
  .join("\n")}
dpkg-deb --root-owner-group --build "$work" ${folder}/${name}_${version}_all.deb >/dev/null
{
  cat "$work/DEBIAN/control"
  printf 'Filename: ./${name}_${version}_all.deb\\nSize: %s\\nSHA256: %s\\n\\n' \\
    "$(stat -c %s ${folder}/${name}_${version}_all.deb)" "$(sha256sum ${folder}/${name}_${version}_all.deb | cut -d' ' -f1)"
} >>${folder}/Packages
rm -rf "$work"`;
}
