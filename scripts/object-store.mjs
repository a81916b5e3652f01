// The S3 stand-in, in a process of its own. Its signatures for bucket sub-resources are wrong, so bucket and CORS rules are made here.
import S3rver from '@20minutes/s3rver';

const { S3_PORT, S3_HOST, S3_DIRECTORY, S3_BUCKET, S3_KEY, S3_SECRET } = process.env;

// Browsers put files here from the web client's origin; what they may put is in the signature.
const CORS = `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>
<AllowedMethod>HEAD</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader>
<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule></CORSConfiguration>`;

await new S3rver({
  port: Number(S3_PORT),
  address: S3_HOST,
  directory: S3_DIRECTORY,
  silent: true,
  accessKeyId: S3_KEY,
  secretAccessKey: S3_SECRET,
  configureBuckets: [{ name: S3_BUCKET, configs: [CORS] }],
}).run();
