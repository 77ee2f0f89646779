import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import type { Config } from "./config";

export interface StoredObject {
  readonly body: Buffer;
  readonly contentType: string;
}

export interface Objects {
  /** Makes the bucket when it is missing and the credentials may do so. */
  createBucket(): Promise<void>;
  put(key: string, body: Buffer | string, contentType: string): Promise<void>;
  /** Undefined when there is no such object. */
  get(key: string): Promise<StoredObject | undefined>;
  remove(key: string): Promise<void>;
  ping(): Promise<void>;
  close(): void;
}

export function openObjects(config: Config): Objects {
  const client = connect(config);
  const Bucket = config.s3.bucket;
  const options = () => ({ abortSignal: AbortSignal.timeout(config.dependencyTimeoutMs) });
  const ping = async () => {
    await client.send(new HeadBucketCommand({ Bucket }), options());
  };
  return {
    ping,
    async createBucket() {
      try {
        await ping();
      } catch (error) {
        if (!isMissing(error)) throw error;
        await client.send(new CreateBucketCommand({ Bucket }), options()).catch(ignoreExisting);
      }
    },
    async put(Key, Body, ContentType) {
      // What is larger may take longer: a second for each megabyte.
      const limitMs = config.dependencyTimeoutMs + Math.ceil(Buffer.byteLength(Body) / 1000);
      const limits = { abortSignal: AbortSignal.timeout(limitMs), requestTimeout: limitMs };
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType }), limits);
    },
    async get(Key) {
      try {
        const found = await client.send(new GetObjectCommand({ Bucket, Key }), options());
        const body = Buffer.from((await found.Body?.transformToByteArray()) ?? []);
        return { body, contentType: found.ContentType ?? "application/octet-stream" };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async remove(Key) {
      await client.send(new DeleteObjectCommand({ Bucket, Key }), options());
    },
    close: () => client.destroy(),
  };
}

function connect({ s3, dependencyTimeoutMs }: Config): S3Client {
  return new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: { accessKeyId: s3.accessKeyId, secretAccessKey: s3.secretAccessKey },
    // Stores of one's own have no DNS name per bucket.
    forcePathStyle: true,
    // The SDK's default since 2025 is a trailing CRC that not every store understands.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: 2,
    requestHandler: { connectionTimeout: dependencyTimeoutMs, requestTimeout: dependencyTimeoutMs * 2 },
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;
}

function ignoreExisting(error: unknown): void {
  if (error instanceof S3ServiceException && error.name.startsWith("BucketAlready")) return;
  throw error;
}
