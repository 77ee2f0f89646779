import type { MachineFile } from "../linux/files";

const folder = "/usr/lib/local-cloud/init";

/**
 * What a machine's systemd finds instead of libbpf. With it, each boot loads two programs only to learn whether
 * `SocketBindAllow=` may be used, and the kernel's verifier takes 80 ms for them. Docker needs the system call, so
 * it cannot be refused.
 */
export const initLibrary: MachineFile = { path: `${folder}/libbpf.so.1`, content: "" };

/** For systemd alone: it starts its services with an environment of their own. */
export const initEnvironment = `LD_LIBRARY_PATH=${folder}`;
