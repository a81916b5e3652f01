// Makes the bucket of files where it is missing, and lets pages of Parley's own origins put and get what is signed for them.
import { CreateBucketCommand, HeadBucketCommand, PutBucketCorsCommand, S3Client } from '@aws-sdk/client-s3';
import { Config } from '../../backend/dist/config/config.js';

const { s3, http } = Config.read();
const client = new S3Client({
  region: s3.region,
  forcePathStyle: s3.forcePathStyle,
  credentials: { accessKeyId: s3.accessKeyId, secretAccessKey: s3.secretAccessKey },
  ...(s3.endpoint === null ? {} : { endpoint: s3.endpoint }),
  requestChecksumCalculation: 'WHEN_REQUIRED',
});
const isThere = await client.send(new HeadBucketCommand({ Bucket: s3.bucket })).then(
  () => true,
  (error) => {
    if (error.$metadata?.httpStatusCode === 404) return false;
    throw error;
  },
);
if (!isThere) await client.send(new CreateBucketCommand({ Bucket: s3.bucket }));
await client.send(
  new PutBucketCorsCommand({
    Bucket: s3.bucket,
    CORSConfiguration: {
      CORSRules: [
        {
          AllowedOrigins: [...http.allowedOrigins],
          AllowedMethods: ['GET', 'HEAD', 'PUT'],
          AllowedHeaders: ['*'],
          ExposeHeaders: ['ETag'],
          MaxAgeSeconds: 3_000,
        },
      ],
    },
  }),
);
console.log(`bucket ${s3.bucket} ${isThere ? 'was there' : 'made'}`);
