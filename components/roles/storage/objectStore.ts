import { type ContainerSpec, containerSetup } from "../../setup/container";
import { mergeSetups } from "../../setup/merge";
import type { CompleteSetup, MachineSetup, SetupFile } from "../../setup/types";
import { objectStoreFiles, objectStoreScript } from "./objectStoreScript";
import { objectStorePort } from "./role";
import { type ObjectStoreConfig, type ObjectStoreSecrets, rootAccessKey, s3Endpoint, s3Region } from "./s3";
import { ObjectStoreEngine } from "./settings";
import { needsStorage, storageFolder, storageRoot } from "./volume";

/** Number of the user that owns the objects; containers know users by number only. */
const objectsUser = "900";
const unit = "object-store";
const dataFolder = `${storageRoot}/objects`;
const sysusersPath = "/etc/sysusers.d/platform-objects.conf";

/** An S3 object store on the volume, with the application's user and versioned bucket. */
export function objectStoreSetup(config: ObjectStoreConfig, secrets: ObjectStoreSecrets): CompleteSetup {
  const dropIn = needsStorage(`${unit}.service`);
  const files = [dropIn, ...objectStoreFiles(config, secrets)];
  return mergeSetups(
    groundFor(config.engine, files),
    containerSetup({ ...objectStoreContainer(config, secrets), reads: [dropIn.path] }),
    {
      steps: [
        {
          name: `bucket ${config.bucket} and the application's user`,
          stage: "afterUnits",
          unless: `${objectStoreScript} is-current`,
          run: `${objectStoreScript} apply`,
        },
      ],
      checks: [
        {
          name: "the object store lets the application write, read and delete",
          command: `${objectStoreScript} try`,
        },
      ],
    },
  );
}

/** What the container needs beside itself: the user whose number it has, and folders of that user. */
function groundFor(engine: ObjectStoreEngine, files: readonly SetupFile[]): MachineSetup {
  return {
    packages: ["curl", "jq", ...(engine === ObjectStoreEngine.Minio ? ["minio-client"] : [])],
    files: [{ path: sysusersPath, content: `u objects ${objectsUser} "Object store"\n` }, ...files],
    steps: [
      {
        name: "user of the object store",
        unless: `[ "$(id -u objects 2>/dev/null)" = ${objectsUser} ]`,
        run: `systemd-sysusers ${sysusersPath}`,
      },
      ...[dataFolder, ...engineFolders(engine)].map((folder) =>
        storageFolder(folder, "objects", "objects", "750"),
      ),
    ],
  };
}

function engineFolders(engine: ObjectStoreEngine): string[] {
  const folder = `${dataFolder}/${engine}`;
  return engine === ObjectStoreEngine.Versitygw
    ? [folder, `${folder}/data`, `${folder}/versions`, `${folder}/iam`]
    : [folder];
}

/** The container of either engine: same port, same credentials, same folders on the volume. */
export function objectStoreContainer(config: ObjectStoreConfig, secrets: ObjectStoreSecrets): ContainerSpec {
  const endpoint = s3Endpoint(config.privateIp);
  const address = `${config.privateIp}:${objectStorePort}`;
  const common = {
    name: unit,
    image: config.image,
    network: "host",
    user: `${objectsUser}:${objectsUser}`,
    flags: ["--read-only", "--tmpfs=/tmp", "--cap-drop=ALL"],
    stopSeconds: 30,
    readySeconds: 120,
  } as const;
  if (config.engine === ObjectStoreEngine.Versitygw) {
    return {
      ...common,
      environment: {
        VGW_PORT: address,
        VGW_REGION: s3Region,
        VGW_IAM_DIR: "/iam",
        VGW_HEALTH: "/health",
        VGW_QUIET: "true",
      },
      secretEnvironment: { ROOT_ACCESS_KEY_ID: rootAccessKey, ROOT_SECRET_ACCESS_KEY: secrets.root },
      volumes: ["data", "versions", "iam"].map((name) => `${dataFolder}/versitygw/${name}:/${name}`),
      command: ["posix", "--versioning-dir", "/versions", "/data"],
      ready: `curl -fsS -m 5 ${endpoint}/health >/dev/null`,
    };
  }
  return {
    ...common,
    environment: { MINIO_SITE_REGION: s3Region, MINIO_BROWSER: "off", MINIO_UPDATE: "off" },
    secretEnvironment: { MINIO_ROOT_USER: rootAccessKey, MINIO_ROOT_PASSWORD: secrets.root },
    volumes: [`${dataFolder}/minio:/data`],
    command: ["server", "--address", address, "/data"],
    ready: `curl -fsS -m 5 ${endpoint}/minio/health/live >/dev/null`,
  };
}
