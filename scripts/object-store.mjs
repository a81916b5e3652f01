// The S3 stand-in, in a process of its own. Its signatures for bucket sub-resources are wrong, so bucket and CORS rules are made here.
import S3rver from '@20minutes/s3rver';
import accounts from '@20minutes/s3rver/lib/models/account.js';

const { S3_PORT, S3_HOST, S3_DIRECTORY, S3_BUCKET, S3_KEY, S3_SECRET } = process.env;

// It knows one account with a published key; ours takes that key's place.
accounts.DUMMY_ACCOUNT.revokeAccessKey('S3RVER');
accounts.DUMMY_ACCOUNT.createKeyPair(S3_KEY, S3_SECRET);

// Browsers put files here from the web client's origin; what they may put is in the signature.
const CORS = `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>
<AllowedMethod>HEAD</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader>
<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule></CORSConfiguration>`;

await new S3rver({
  port: Number(S3_PORT),
  address: S3_HOST,
  directory: S3_DIRECTORY,
  silent: true,
  configureBuckets: [{ name: S3_BUCKET, configs: [CORS] }],
}).run();
