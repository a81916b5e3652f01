import { GetObjectCommand, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { withDeadline } from '../errors/with-deadline.js';

const CONNECT_TIMEOUT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 10_000;
const HEALTH_DEADLINE_MS = 1_000;
/** Nothing is ever stored under this key: asking for it tells whether store, bucket and key pair work. */
const HEALTH_KEY = 'health/never-stored';

/** The S3 store: `internal` for what the server reads and writes, `forLinks` to presign what browsers use. */
@Injectable()
export class ObjectStore implements OnApplicationShutdown {
  readonly internal: S3Client;
  readonly forLinks: S3Client;
  readonly bucket: string;

  constructor(config: Config) {
    this.bucket = config.s3.bucket;
    this.internal = client(config, config.s3.endpoint);
    this.forLinks = client(config, config.s3.publicEndpoint);
  }

  /** Milliseconds of one round trip; throws while the store can not be used. */
  async ping(): Promise<number> {
    const started = performance.now();
    try {
      await withDeadline(
        this.internal.send(new GetObjectCommand({ Bucket: this.bucket, Key: HEALTH_KEY })),
        HEALTH_DEADLINE_MS,
        'the S3 store',
      );
    } catch (error) {
      // By name, not by status: a missing bucket is a 404 too. HEAD has no body that could tell them apart.
      if (!(error instanceof NoSuchKey)) throw error;
    }
    return performance.now() - started;
  }

  onApplicationShutdown(): void {
    this.internal.destroy();
    this.forLinks.destroy();
  }
}

function client(config: Config, endpoint: string | null): S3Client {
  return new S3Client({
    region: config.s3.region,
    forcePathStyle: config.s3.forcePathStyle,
    credentials: { accessKeyId: config.s3.accessKeyId, secretAccessKey: config.s3.secretAccessKey },
    ...(endpoint === null ? {} : { endpoint }),
    // Stores that are not AWS refuse, or store, the trailing checksums that newer SDKs add by default.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 2,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
  });
}
