import { objectStorePort } from "./role";
import type { ObjectStoreEngine } from "./settings";

/** Signing region that both engines accept. */
export const s3Region = "us-east-1";
export const rootAccessKey = "platform-root";
export const applicationAccessKey = "platform-app";

export interface ObjectStoreConfig {
  readonly engine: ObjectStoreEngine;
  /** Reference by digest. */
  readonly image: string;
  readonly privateIp: string;
  /** Bucket of the application, versioned. */
  readonly bucket: string;
}

export interface ObjectStoreSecrets {
  /** Secret key of `platform-root`. */
  readonly root: string;
  /** Secret key of `platform-app`. */
  readonly application: string;
}

export function s3Endpoint(privateIp: string): string {
  return `http://${privateIp}:${objectStorePort}`;
}
