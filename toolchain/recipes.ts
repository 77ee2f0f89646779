import { version as command } from "@pulumi/command/package.json";
import { version as docker } from "@pulumi/docker/package.json";
import { version as hcloud } from "@pulumi/hcloud/package.json";
import { version as pulumi } from "@pulumi/pulumi/package.json";
import { version as random } from "@pulumi/random/package.json";
import type { Trim } from "./trim";
import { bridgeTrims, cliTrims, traefikTrims, versitygwTrims } from "./trims";

/** Every program that the toolchain builds. */
export const toolNames = [
  "pulumi",
  "pulumi-language-nodejs",
  "pulumi-resource-random",
  "pulumi-resource-command",
  "pulumi-resource-hcloud",
  "pulumi-resource-docker",
  "traefik",
  "versitygw",
  "minio",
  "pebble",
  "component-sdk",
  "actionlint",
] as const;

/** Name of a built program. */
export type ToolName = (typeof toolNames)[number];

/** How one program is built. The module's go.mod and go.sum pin every source by checksum. */
export interface Recipe {
  /** Folder of the Go main module below `toolchain/go`. */
  readonly module: string;
  /** Package of the program: an import path, or `./folder` inside the module. */
  readonly package: string;
  /** Variables that the linker sets, for example the version that the program reports. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Build tags. */
  readonly tags?: readonly string[];
  /** What is left out of the modules that it is built from. @default - nothing */
  readonly trims?: readonly Trim[];
  /** A program of the same module that writes files which this one embeds. */
  readonly generator?: Generator;
}

interface Generator {
  /** Package of the generator inside the module. */
  readonly package: string;
  /** Arguments; the output folder follows as the last one. */
  readonly args: readonly string[];
  /** Files that it writes and that appear in the program's own package folder. */
  readonly files: readonly string[];
}

/** Pulumi plugins for resources, in the versions of the npm packages that they serve. */
export const pluginVersions = { random, command, hcloud, docker } as const;

/** Version of the Pulumi command line program, equal to that of its Node SDK. */
export const pulumiVersion = pulumi;

/** Versions of the programs that run on machines, as the tags of their official container images name them. */
export const serviceVersions = {
  traefik: "3.6.12",
  versitygw: "1.8.0",
  minio: "RELEASE.2025-09-07T16-13-09Z",
  pebble: "2.10.1",
} as const;

function bridged(name: "random" | "hcloud" | "docker"): Recipe {
  return {
    module: "bridged",
    package: `./cmd/pulumi-resource-${name}`,
    variables: { "main.version": pluginVersions[name] },
    trims: bridgeTrims,
    generator: {
      package: `./cmd/generate-${name}`,
      // The documentation step would need the upstream repository beside the module.
      args: ["schema", "--skip-docs", "--out"],
      files: ["schema.json", "bridge-metadata.json"],
    },
  };
}

/** The recipes by program. */
export const recipes: Readonly<Record<ToolName, Recipe>> = {
  pulumi: {
    module: "cli",
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${pulumiVersion}` },
    trims: cliTrims,
  },
  // A module of its own: the last published version that carries the host is far older than the CLI.
  "pulumi-language-nodejs": {
    module: "nodejs",
    package: "./host",
    // Two lines of it are changed: see the generator.
    generator: { package: "./generate", args: [], files: ["main.go", "proxy.go", "proxy_unix.go"] },
  },
  "pulumi-resource-random": bridged("random"),
  "pulumi-resource-hcloud": bridged("hcloud"),
  "pulumi-resource-docker": bridged("docker"),
  "pulumi-resource-command": {
    module: "command",
    package: ".",
    variables: { "main.version": pluginVersions.command },
  },
  traefik: {
    module: "traefik",
    package: "github.com/traefik/traefik/v3/cmd/traefik",
    variables: { "github.com/traefik/traefik/v3/pkg/version.Version": serviceVersions.traefik },
    trims: traefikTrims,
  },
  versitygw: {
    module: "versitygw",
    package: "github.com/versity/versitygw/cmd/versitygw",
    variables: { "main.Version": `v${serviceVersions.versitygw}` },
    trims: versitygwTrims,
  },
  minio: {
    module: "minio",
    package: "github.com/minio/minio",
    variables: {
      "github.com/minio/minio/cmd.ReleaseTag": serviceVersions.minio,
      "github.com/minio/minio/cmd.Version": minioTime(serviceVersions.minio),
    },
  },
  pebble: { module: "pebble", package: "github.com/letsencrypt/pebble/v2/cmd/pebble" },
  // The vendor's language hosts write SDKs, and none that can is a published module.
  "component-sdk": { module: "sdk", package: "." },
  actionlint: { module: "actionlint", package: "github.com/rhysd/actionlint/cmd/actionlint" },
};

/** `RELEASE.2025-09-07T16-13-09Z` is `2025-09-07T16:13:09Z`. */
function minioTime(tag: string): string {
  return tag.replace("RELEASE.", "").replace(/T(\d\d)-(\d\d)-(\d\d)Z$/, "T$1:$2:$3Z");
}

/** Processor minutes of a build that finds nothing compiled but what the programs before it share with it. */
export const toolMinutes: Readonly<Record<ToolName, number>> = {
  pulumi: 2.5,
  "pulumi-language-nodejs": 1,
  "pulumi-resource-hcloud": 1,
  "pulumi-resource-random": 0.2,
  "pulumi-resource-docker": 0.3,
  "pulumi-resource-command": 0.4,
  traefik: 1,
  versitygw: 0.8,
  minio: 4,
  pebble: 0.5,
  "component-sdk": 1,
  actionlint: 0.2,
};
