// `npm run build`: generated code, compiled packages, documents and the web client; what is up to date is left.
import { build, installPackages } from './prepare.mjs';

try {
  await installPackages();
  await build();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
